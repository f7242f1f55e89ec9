/** What the page and the worker that audits a dropped case say to each other; plain data. */
import type { Audit } from './audit.ts';
import type { CaseExperiment } from './case-experiment.ts';

export interface AuditRequest {
  /** The JSON half as it was parsed: the worker judges it. */
  readonly document: unknown;
  /** The safetensors file. */
  readonly tensors: Uint8Array;
  /** Names of both, for sentences. */
  readonly file: string;
  readonly tensorFile: string;
}

export type AuditAnswer =
  | { readonly type: 'audited'; readonly audit: Audit; readonly experiment: CaseExperiment }
  /** Why the case cannot be audited. */
  | { readonly type: 'refused'; readonly message: string };
