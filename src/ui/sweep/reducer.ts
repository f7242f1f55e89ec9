/** State and what happened to the next state, and what the worker must be told. */
import type { EngineChoice } from '../../engine/report.ts';
import type { FromSweepWorker, ResolvedAxis, ToSweepWorker } from '../../sweep/sweep-protocol.ts';
import { noticeOf } from '../address.ts';
import { axesOf, isJson, type Json, readText, samplingOf, writeText } from './document.ts';
import type { ReadLink } from './link.ts';
import { addRecords, runTable } from './map-data.ts';
import { readResults } from './results-link.ts';
import { withBrushes, withoutBrush } from './selection.ts';
import { FIRST_COLUMNS, FIRST_LIST, type MapView, type SweepAction, type SweepViewState } from './state.ts';

const NO_VIEW: MapView = {
  x: 0,
  y: undefined,
  facet: undefined,
  fixed: [],
  outcome: 'loss',
  sliceX: 0,
  sliceLines: undefined,
};

/** @param link what the address says; without it the view describes `document` */
export function initialSweepState(document: Json, link?: ReadLink): SweepViewState {
  const state = firstState(document);
  return link ? withLink(state, link) : state;
}

function firstState(document: Json): SweepViewState {
  return {
    text: writeText(document),
    document,
    replaced: undefined,
    textProblem: undefined,
    mode: 'form',
    problems: [],
    estimate: undefined,
    checking: true,
    stored: undefined,
    deleted: undefined,
    asked: undefined,
    open: undefined,
    revision: 0,
    view: NO_VIEW,
    list: FIRST_LIST,
    columns: FIRST_COLUMNS,
    quantity: undefined,
    selection: [],
    cursor: undefined,
    run: undefined,
    lower: 'slices',
    pane: 'form',
    work: 'idle',
    workMessage: undefined,
    progress: undefined,
    report: undefined,
    failure: undefined,
    linked: undefined,
    notice: undefined,
  };
}

function withLink(state: SweepViewState, { document, text, mode, pane, linked, refused }: ReadLink): SweepViewState {
  const described = withDocument(state, document);
  return {
    ...(text === undefined ? described : withText(described, text)),
    mode,
    pane: pane ?? state.pane,
    linked: linked ?? state.linked,
    notice: noticeOf(refused),
  };
}

export function reduceSweep(state: SweepViewState, action: SweepAction): SweepViewState {
  switch (action.type) {
    case 'document':
      return withDocument(state, action.document);
    case 'text':
      return withText(state, action.text);
    case 'description':
      return action.text === state.text ? state : { ...withText(state, action.text), replaced: undefined };
    case 'propose':
      return { ...withDocument(state, action.document), replaced: state.text, mode: 'form', pane: 'form' };
    case 'unpropose':
      return state.replaced === undefined ? state : { ...withText(state, state.replaced), replaced: undefined };
    case 'mode':
      return { ...state, mode: action.mode };
    case 'calibrate':
      return { ...state, checking: true, failure: undefined };
    case 'start':
      return { ...state, failure: undefined, asked: 'start', progress: undefined };
    case 'open':
      return { ...state, failure: undefined, asked: action.byLink ? 'open by link' : 'open' };
    case 'continue':
      return { ...state, failure: undefined, asked: 'continue' };
    case 'delete':
      return {
        ...state,
        deleted: state.stored?.find(({ sweepId }) => sweepId === action.sweepId),
        ...(state.open?.sweepId === action.sweepId && { open: undefined, run: undefined, cursor: undefined, selection: [] }),
      };
    case 'restore':
      return { ...state, deleted: undefined };
    case 'select':
      return { ...state, selection: withBrushes(state.selection, action.brushes) };
    case 'unselect':
      return { ...state, selection: action.column === undefined ? [] : withoutBrush(state.selection, action.column) };
    case 'view':
      return { ...state, view: changeView(state.view, action.change), cursor: undefined };
    case 'fix':
      return {
        ...state,
        view: { ...state.view, fixed: state.view.fixed.with(action.axis, action.index) },
        cursor: undefined,
      };
    case 'rows':
      return { ...state, list: { ...state.list, ...action.change } };
    case 'cursor':
      return { ...state, cursor: action.cursor };
    case 'run':
      if (!state.open?.table.pointOf.has(action.id)) return state;
      return { ...state, run: { id: action.id, trace: 'loading' }, lower: 'run' };
    case 'trace':
      return state.run?.id === action.id ? { ...state, run: { ...state.run, trace: action.trace } } : state;
    case 'lower':
      return { ...state, lower: action.lower };
    case 'pane':
      return { ...state, pane: action.pane };
    case 'columns':
      return { ...state, columns: action.columns };
    case 'quantity':
      return { ...state, quantity: action.quantity };
    case 'dismiss':
      return { ...state, [action.what]: undefined };
    case 'notice':
      return { ...state, notice: action.text };
    case 'link':
      return withResults(withLink(state, action.link));
    case 'list':
    case 'pause':
    case 'resume':
    case 'cancel':
      return state;
    case 'worker':
      return receive(state, action.message);
    default:
      action satisfies never;
      return state;
  }
}

function withDocument(state: SweepViewState, document: Json): SweepViewState {
  return { ...state, document, text: writeText(document), textProblem: undefined, checking: true };
}

function withText(state: SweepViewState, text: string): SweepViewState {
  const read = readText(text);
  if ('problem' in read) return { ...state, text, textProblem: read.problem, estimate: undefined };
  return { ...state, text, document: read.document, textProblem: undefined, checking: true };
}

/** Each axis lies in one place: one that moves to where another was swaps with it. */
function changeView(view: MapView, change: Partial<MapView>): MapView {
  const next = { ...view, ...change };
  if (change.x !== undefined && next.y === change.x) next.y = view.x;
  if (change.x !== undefined && next.facet === change.x) next.facet = undefined;
  if (change.y !== undefined && next.x === change.y) next.x = view.y ?? view.x;
  if (change.y !== undefined && next.facet === change.y) next.facet = undefined;
  if (change.facet !== undefined && next.y === change.facet) next.y = undefined;
  if (change.facet !== undefined && next.x === change.facet) return view;
  if (next.x === next.y) next.y = undefined;
  if (change.sliceX !== undefined && next.sliceLines === change.sliceX) next.sliceLines = view.sliceX;
  if (change.sliceLines !== undefined && next.sliceX === change.sliceLines) next.sliceX = view.sliceLines ?? view.sliceX;
  if (next.sliceX === next.sliceLines) next.sliceLines = undefined;
  return next;
}

function receive(state: SweepViewState, message: FromSweepWorker): SweepViewState {
  switch (message.type) {
    case 'sweeps':
      return { ...state, stored: message.sweeps };
    case 'estimated':
      return { ...state, estimate: message.estimate, problems: [], checking: false };
    case 'refused':
      return {
        ...state,
        problems: message.problems,
        estimate: undefined,
        checking: false,
        asked: undefined,
      };
    case 'opened':
      return opened(state, message);
    case 'engine':
      return { ...state, report: message.report };
    case 'state':
      return { ...state, work: message.state, workMessage: message.message };
    case 'progress':
      return { ...state, progress: message.progress };
    case 'records':
      if (!state.open) return state;
      addRecords(state.open.table, message.records);
      return { ...state, revision: state.revision + 1 };
    case 'trace':
      // The store reads the trace and sends it as an action of its own.
      return state;
    case 'failed':
      return {
        ...state,
        failure: message.message,
        checking: false,
        asked: undefined,
        work: state.work === 'paused' || state.work === 'finished' ? state.work : 'idle',
        workMessage: undefined,
        run: state.run?.trace === 'loading' ? { ...state.run, trace: 'none' } : state.run,
      };
    default:
      message satisfies never;
      return state;
  }
}

function opened(state: SweepViewState, message: Extract<FromSweepWorker, { type: 'opened' }>): SweepViewState {
  const { sweepId, axes, points, records } = message;
  const document = isJson(message.sweep) ? message.sweep : {};
  const scales = new Map(axesOf(document).map(({ path, range }) => [path, range && String(range.scale).endsWith('log')]));
  const shown = axes.map((axis) => ({ ...axis, isLog: scales.get(axis.path) }));
  const scattered = samplingOf(document) !== undefined;
  const table = runTable(shown, points, scattered);
  addRecords(table, records);
  const same = state.open?.sweepId === sweepId;
  // A link that has a description of its own keeps it.
  const describes = state.asked !== 'start' && !(state.asked === 'open by link' && state.linked?.describes);
  return withResults({
    ...state,
    open: { sweepId, document, table },
    revision: state.revision + 1,
    pane: 'results',
    asked: undefined,
    // Begun again, it has nothing left to bring back.
    deleted: state.deleted?.sweepId === sweepId ? undefined : state.deleted,
    ...(!same && {
      view: { ...firstView(table.axes, scattered), outcome: state.view.outcome },
      cursor: undefined,
      selection: [],
      run: undefined,
      lower: state.lower === 'run' ? 'slices' : state.lower,
      progress: undefined,
    }),
    // The description follows what was opened, but not what was started: that may have been edited since.
    ...(describes && { document, text: writeText(document), textProblem: undefined, checking: true }),
  });
}

/** The open sweep looked at as a link says that named it. */
function withResults(state: SweepViewState): SweepViewState {
  const { open, linked } = state;
  if (!open || !linked) return state;
  if (linked.sweepId !== open.sweepId) return { ...state, linked: undefined };
  const refused: string[] = [];
  const first = firstView(open.table.axes, samplingOf(open.document) !== undefined);
  const results = readResults(linked.words, open.table, first, refused);
  const notice = [state.notice, noticeOf(refused)].filter((text) => text !== undefined).join('\n');
  return { ...state, ...results, pane: linked.pane, linked: undefined, notice: notice || undefined };
}

/**
 * Most values along x, next along y, a short third axis as panels; seeds are aggregated over, other axes held at their
 * first value. The slices have a line per value of y, unless a random sample leaves too few runs to a line.
 */
export function firstView(axes: readonly ResolvedAxis[], scattered = false): MapView {
  const order = axes
    .map(({ path, values }, index) => ({ index, length: values.length, seed: path === 'seed' }))
    .sort((a, b) => Number(a.seed) - Number(b.seed) || b.length - a.length || a.index - b.index);
  const [x, y, third] = order.filter(({ seed }, k) => !seed || k === 0);
  const facet = third && third.length <= MOST_PANELS ? third.index : undefined;
  // What is a panel of the map is held in the slices.
  const fixed = axes.map(({ path }, index) => (index === x?.index || index === y?.index || path === 'seed' ? undefined : 0));
  const sliceLines = scattered ? undefined : y?.index;
  return { x: x?.index ?? 0, y: y?.index, facet, fixed, outcome: 'loss', sliceX: x?.index ?? 0, sliceLines };
}

/** Panels that stand side by side without being asked for. */
const MOST_PANELS = 6;

/** What the worker is told of an action; edits are checked by `checkCommand`, a moment after the last. */
export function sweepCommands(before: SweepViewState, action: SweepAction): ToSweepWorker[] {
  switch (action.type) {
    case 'list':
    case 'pause':
    case 'resume':
    case 'cancel':
      return [{ type: action.type }];
    case 'calibrate':
    case 'start':
      return [{ type: action.type, sweep: before.document, engine: action.engine }];
    case 'open':
    case 'continue':
      return [{ type: 'open', sweepId: action.sweepId }];
    case 'delete':
    case 'restore':
      return [{ type: action.type, sweepId: action.sweepId }];
    case 'run':
      return before.open?.table.pointOf.has(action.id) ? [{ type: 'trace', sweepId: before.open.sweepId, id: action.id }] : [];
    default:
      return [];
  }
}

/** The start that follows the opening of a stored sweep which a person wants to continue. */
export function continuation(before: SweepViewState, message: FromSweepWorker, engine: EngineChoice): ToSweepWorker | undefined {
  return message.type === 'opened' && before.asked === 'continue' ? { type: 'start', sweep: message.sweep, engine } : undefined;
}
