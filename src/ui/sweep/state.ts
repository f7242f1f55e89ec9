/** Everything the Sweep view knows, and everything that can happen to it. */
import type { AdapterReport, EngineChoice } from '../../engine/report.ts';
import type { Trace } from '../../metrics/trace.ts';
import type { Problem } from '../../model/errors.ts';
import type {
  FromSweepWorker,
  StoredSweep,
  SweepEstimate,
  SweepProgress,
  SweepState as WorkState,
} from '../../sweep/sweep-protocol.ts';
import type { LayerQuantity } from '../layer-quantity.ts';
import type { Json } from './document.ts';
import type { ReadLink } from './link.ts';
import type { RunTable } from './map-data.ts';
import type { OutcomeId } from './outcomes.ts';
import type { Brush, Selection } from './selection.ts';

/** Which axis lies where, and what colours the cells. */
export interface MapView {
  readonly x: number;
  readonly y: number | undefined;
  readonly facet: number | undefined;
  /** Index of the value at which an axis is held, by axis; undefined aggregates over it. */
  readonly fixed: readonly (number | undefined)[];
  readonly outcome: OutcomeId;
  /** Axis of the slices, and the axis whose values are their lines. */
  readonly sliceX: number;
  readonly sliceLines: number | undefined;
}

export interface TableView {
  /** Column: `run`, `axis:2`, an outcome's id. */
  readonly sort: string;
  readonly descending: boolean;
  readonly text: string;
  /** Verdict kind, or all. */
  readonly verdict: string;
}

export const FIRST_LIST: TableView = { sort: 'run', descending: false, text: '', verdict: '' };

/** Outcomes of the parallel coordinates. */
export const FIRST_COLUMNS: readonly OutcomeId[] = ['maxNorm', 'testAccuracy', 'loss', 'verdict'];

/** A cell of the map that the pointer or the keyboard is on. */
export interface Cursor {
  readonly panel: number;
  readonly x: number;
  readonly y: number;
}

/** The sweep whose results are shown. */
export interface OpenSweep {
  readonly sweepId: string;
  readonly document: Json;
  readonly table: RunTable;
}

/** What a link says of a stored sweep's results, until that is opened. */
export interface Linked {
  readonly sweepId: string;
  /** Whether the link has a description of its own, which the stored one must not take the place of. */
  readonly describes: boolean;
  readonly pane: SweepViewState['pane'];
  readonly words: readonly (readonly [word: string, text: string])[];
}

export interface OpenRun {
  readonly id: string;
  /** `none` where the store keeps no trace, `loading` until it has come. */
  readonly trace: Trace | 'loading' | 'none';
}

export type Lower = 'slices' | 'parallel' | 'runs' | 'run';

export interface SweepViewState {
  /** The sweep being described, as text; `document` is what it says, the last that could be read where it cannot. */
  readonly text: string;
  readonly document: Json;
  /** The text that a proposal has taken the place of, to bring it back. */
  readonly replaced: string | undefined;
  readonly textProblem: string | undefined;
  readonly mode: 'form' | 'json';
  /** What the worker refuses, by field. */
  readonly problems: readonly Problem[];
  readonly estimate: SweepEstimate | undefined;
  /** An edit has not been checked yet. */
  readonly checking: boolean;
  readonly stored: readonly StoredSweep[] | undefined;
  /** The sweep that was deleted last, while that can be undone. */
  readonly deleted: StoredSweep | undefined;
  /** What the worker has been asked for and has not answered by `opened`. */
  readonly asked: 'start' | 'open' | 'continue' | 'open by link' | undefined;
  readonly open: OpenSweep | undefined;
  /** Counts what has come into `open.table`. */
  readonly revision: number;
  readonly view: MapView;
  readonly list: TableView;
  /** Outcomes that the parallel coordinates show beside the axes. */
  readonly columns: readonly OutcomeId[];
  /** What the open run shows of its layers; undefined for what runs of their kind are usually looked at for. */
  readonly quantity: LayerQuantity | undefined;
  /** What brushes of map, parallel coordinates and filters pick out. */
  readonly selection: Selection;
  readonly cursor: Cursor | undefined;
  readonly run: OpenRun | undefined;
  readonly lower: Lower;
  /** Which half a narrow page shows. */
  readonly pane: 'form' | 'results';
  readonly work: WorkState;
  readonly workMessage: string | undefined;
  readonly progress: SweepProgress | undefined;
  readonly report: AdapterReport | undefined;
  readonly failure: string | undefined;
  readonly linked: Linked | undefined;
  /** What of a link could not be used, one sentence a line, until dismissed. */
  readonly notice: string | undefined;
}

export type SweepAction =
  | { readonly type: 'document'; readonly document: Json }
  | { readonly type: 'text'; readonly text: string; readonly isTyped?: boolean }
  /** The description goes to where the page's history stands. */
  | { readonly type: 'description'; readonly text: string }
  | { readonly type: 'mode'; readonly mode: 'form' | 'json' }
  | { readonly type: 'list' }
  | { readonly type: 'calibrate'; readonly engine: EngineChoice }
  | { readonly type: 'start'; readonly engine: EngineChoice }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  | { readonly type: 'cancel' }
  | { readonly type: 'open'; readonly sweepId: string; readonly byLink?: boolean }
  | { readonly type: 'continue'; readonly sweepId: string; readonly engine: EngineChoice }
  | { readonly type: 'delete'; readonly sweepId: string }
  /** Undoes a deletion. */
  | { readonly type: 'restore'; readonly sweepId: string }
  /** Brushes take the place of those of their columns. */
  | { readonly type: 'select'; readonly brushes: readonly Brush[] }
  /** Takes away the brush of one column, or all. */
  | { readonly type: 'unselect'; readonly column?: string }
  /** A proposal goes into the form; `unpropose` brings back what stood there. */
  | { readonly type: 'propose'; readonly document: Json }
  | { readonly type: 'unpropose' }
  | { readonly type: 'view'; readonly change: Partial<MapView> }
  | { readonly type: 'fix'; readonly axis: number; readonly index: number | undefined }
  | { readonly type: 'rows'; readonly change: Partial<TableView> }
  | { readonly type: 'columns'; readonly columns: readonly OutcomeId[] }
  | { readonly type: 'quantity'; readonly quantity: LayerQuantity }
  | { readonly type: 'cursor'; readonly cursor: Cursor | undefined }
  | { readonly type: 'run'; readonly id: string }
  | { readonly type: 'trace'; readonly id: string; readonly trace: Trace | 'none' }
  | { readonly type: 'lower'; readonly lower: Lower }
  | { readonly type: 'pane'; readonly pane: 'form' | 'results' }
  | { readonly type: 'dismiss'; readonly what: 'failure' | 'notice' }
  | { readonly type: 'notice'; readonly text: string }
  /** A link that was followed in the open page. */
  | { readonly type: 'link'; readonly link: ReadLink }
  | { readonly type: 'worker'; readonly message: FromSweepWorker };

/** Sends an action upwards; the root of the view takes it. */
export function tell(from: HTMLElement, action: SweepAction): void {
  from.dispatchEvent(new CustomEvent('sweep-action', { detail: action, bubbles: true, composed: true }));
}

/** Whether runs are being trained or will be without another word. */
export function isWorking(work: WorkState): boolean {
  return work === 'running' || work === 'recovering' || work === 'paused';
}
