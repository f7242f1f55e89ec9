/** The worker that audits a dropped case on the CPU engine and answers once. */
import { openEngine } from '../engine/open.ts';
import { auditCase } from './audit.ts';
import type { AuditAnswer, AuditRequest } from './audit-protocol.ts';
import { parseCase, readCase } from './case.ts';
import { experimentOfCase } from './case-experiment.ts';

self.addEventListener('message', async ({ data }: MessageEvent<AuditRequest>) => {
  self.postMessage(await answer(data));
});

async function answer({ document, tensors, file, tensorFile }: AuditRequest): Promise<AuditAnswer> {
  try {
    const given = readCase(parseCase(document, file), tensors, tensorFile);
    const engine = await openEngine('cpu', undefined, 'use');
    try {
      const audit = await auditCase(engine, given, tensorFile);
      return { type: 'audited', audit, experiment: experimentOfCase(given) };
    } finally {
      engine.destroy();
    }
  } catch (error) {
    return { type: 'refused', message: error instanceof Error ? error.message : String(error) };
  }
}
