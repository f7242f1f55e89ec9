/** State and what happened to the next state, and from two states to what the worker must be told. */

import { formatCount } from '../metrics/format.ts';
import { shapeOf } from '../metrics/layer-series.ts';
import { Trace } from '../metrics/trace.ts';
import { ConfigError } from '../model/errors.ts';
import { canonicalJson, isSame } from '../model/experiment.ts';
import type { Experiment } from '../model/schema.ts';
import type { FromWorker, ToWorker } from '../sweep/protocol.ts';
import { changeText, nameOf } from './change-text.ts';
import { remember, travel, withoutEngineChange } from './history.ts';
import { usualQuantity } from './layer-quantity.ts';
import { PAIRS } from './pairs.ts';
import { MAX_RUNS, type RunIndex } from './runs.ts';
import { costOf, editRuns, problemSentences } from './settings.ts';
import { type Action, FIRST_LOOK, identityOf, type LabState, OWN_TITLE } from './state.ts';
import { leavingStored, OF_THE_MACHINE, showStored } from './stored-runs.ts';
import type { View } from './views.ts';
import { zoomedBack, zoomedTo } from './zooms.ts';

export function reduce(state: LabState, action: Action): LabState {
  const changed = withUsualQuantity(state, leavingStored(state, step(state, action)));
  const next = remember(state, changed, action, () => nameOf(state, changed, action));
  const loads = action.type !== 'worker' && commandsFor(state, next).some(({ type }) => type === 'load');
  if (!loads) return next;
  // What was measured of other runs says nothing of these.
  const other = state.experiments.length !== next.experiments.length;
  const unmeasured = other && { traces: undefined, summaries: undefined, baselines: undefined };
  return { ...next, ...unmeasured, runState: 'loading', iterationsPerSecond: 0 };
}

/** Networks of another kind are looked at in another way, unless the action has said how. */
function withUsualQuantity(before: LabState, after: LabState): LabState {
  if (before.experiments === after.experiments || before.quantity !== after.quantity) return after;
  const quantity = usualQuantity(after.experiments);
  return quantity === usualQuantity(before.experiments) ? after : { ...after, quantity };
}

function step(state: LabState, action: Action): LabState {
  switch (action.type) {
    case 'edit':
      return edit(state, action.path, action.value, action.text);
    case 'refuse':
      return { ...state, problems: { ...state.problems, [action.path]: { text: action.text, message: action.message } } };
    case 'target':
      return { ...state, target: action.target, problems: {} };
    case 'pair': {
      const experiments = PAIRS.find(({ id }) => id === action.id)?.experiments;
      if (!experiments) return state;
      return {
        ...state,
        ...identityOf(experiments),
        ...FIRST_LOOK,
        experiments,
        problems: {},
        wantsRun: true,
        restarts: state.restarts + 1,
      };
    }
    case 'add run':
      return addRun(state, action.of);
    case 'remove run':
      return removeRun(state, action.run);
    case 'baseline':
      return { ...state, baseline: action.run };
    case 'show run': {
      const others = state.hidden.filter((run) => run !== action.run);
      return { ...state, hidden: action.on ? others : [...others, action.run].sort((a, b) => a - b) };
    }
    case 'restart':
      return {
        ...state,
        restarts: state.restarts + 1,
        wantsRun: state.wantsRun || state.runState === 'finished',
        failure: undefined,
      };
    case 'engine':
      return { ...state, engine: action.engine, wantsRun: state.wantsRun || state.runState === 'finished', failure: undefined };
    case 'settings':
      return {
        ...state,
        ...action.settings,
        ...identityOf(action.settings.experiments),
        target: 0,
        notice: action.notice,
        problems: {},
        // What was taken over by hand is wanted; a link that is followed leaves it at that.
        ...(action.name !== undefined && state.runState === 'finished' && { wantsRun: true }),
      };
    case 'stored':
      return showStored(state, action.runs, action.beside);
    case 'zoom':
      return { ...state, zooms: zoomedTo(state.zooms, action.range, action.continues) };
    case 'zoom back':
      return { ...state, zooms: zoomedBack(state.zooms, action.all) };
    case 'undo':
    case 'redo':
      return moved(state, action.type, action.view);
    case 'deleted':
    case 'described':
      return state;
    case 'hover':
      return { ...state, hover: action.iteration };
    case 'log iterations':
      return { ...state, logIterations: action.on };
    case 'map run':
      return { ...state, mapRun: action.run };
    case 'quantity':
      return { ...state, quantity: action.quantity };
    case 'look':
      return { ...state, looks: { ...state.looks, ...action.change } };
    case 'theme':
      return { ...state, theme: action.theme };
    case 'dismiss':
      if (action.what === 'no gpu') return { ...state, noGpuDismissed: true };
      return { ...state, [action.what]: undefined };
    case 'play':
      if (state.stored) return state;
      return {
        ...state,
        wantsRun: action.command === 'start',
        isGoingBack: action.command === 'back',
        resumed: undefined,
      };
    case 'speed':
      return { ...state, speed: action.speed };
    case 'remark':
      return { ...state, remark: action.remark };
    case 'worker':
      return state.stored && !OF_THE_MACHINE.has(action.message.type) ? state : receive(state, action.message);
    default:
      action satisfies never;
      return state;
  }
}

function addRun(state: LabState, of: RunIndex): LabState {
  const { experiments, titles, claims, origin, runState, wantsRun } = state;
  if (experiments.length >= MAX_RUNS) return state;
  return {
    ...state,
    experiments: [...experiments, experiments[of]],
    titles: [...titles, OWN_TITLE],
    claims: [...claims, ''],
    origin: [...origin, experiments[of]],
    // Whoever adds a run wants to change it.
    target: experiments.length,
    wantsRun: wantsRun || runState === 'finished',
    problems: {},
  };
}

/** Runs behind it move up, and whatever points at a run with them. */
function removeRun(state: LabState, run: RunIndex): LabState {
  const { experiments, titles, claims, origin, target, mapRun, baseline, hidden } = state;
  if (experiments.length < 2) return state;
  const without = <T>(list: readonly T[]) => list.filter((_, r) => r !== run);
  const moved = (r: RunIndex) => (r > run ? r - 1 : r === run ? 0 : r);
  return {
    ...state,
    experiments: without(experiments),
    titles: without(titles),
    claims: without(claims),
    origin: without(origin),
    target: target === 'all' ? target : moved(target),
    mapRun: moved(mapRun),
    baseline: moved(baseline),
    hidden: hidden.filter((r) => r !== run).map(moved),
    problems: {},
    ...(state.stored
      ? {
          stored: without(state.stored),
          traces: state.traces && without(state.traces),
          summaries: state.summaries && without(state.summaries),
        }
      : { wantsRun: state.wantsRun || state.runState === 'finished' }),
  };
}

function edit(state: LabState, path: string, value: unknown, text: string): LabState {
  const { [path]: _, ...problems } = state.problems;
  try {
    const experiments = editRuns(state.experiments, state.target, path, value);
    return { ...withExperiments(state, experiments), problems };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { ...state, problems: { ...problems, [path]: { text, message: problemSentences(error, path) } } };
  }
}

/** Other settings of the same runs: in force at the next iteration where they can be, from the first one elsewhere. */
function withExperiments(state: LabState, experiments: LabState['experiments']): LabState {
  const cost = costOf(state.experiments, experiments);
  if (cost === 'nothing') return state;
  // A finished run has no next iteration at which a live change could apply, and one that loads has no first one yet.
  const restart = cost === 'retune' && (state.runState === 'finished' || state.runState === 'loading');
  const ended = state.runState === 'finished';
  return {
    ...state,
    experiments,
    failure: undefined,
    ...(cost === 'retune' && !restart && { pendingRetunes: state.pendingRetunes + 1 }),
    ...(restart && { restarts: state.restarts + 1 }),
    ...(ended && { wantsRun: true }),
  };
}

/** One step through the history; a change made in mid-run is taken back in mid-run. */
function moved(state: LabState, way: 'undo' | 'redo', view: View): LabState {
  const step = travel(state.history, way, view);
  if (!step) return state;
  const { entry, history } = step;
  // Who keeps what was deleted or described follows the history.
  if ('deleted' in entry || 'described' in entry) return { ...state, history };
  const stand = way === 'undo' ? entry.before : entry.after;
  const { target, mapRun, baseline, hidden } = state.experiments.length === stand.experiments.length ? state : stand;
  const reopens = stand.engine !== state.engine;
  return {
    ...withExperiments(state, stand.experiments),
    ...stand,
    // Which runs are looked at is another matter, unless there are more or fewer of them.
    ...{ target, mapRun, baseline, hidden },
    ...(reopens && { wantsRun: state.wantsRun || state.runState === 'finished', failure: undefined }),
    history,
    problems: {},
  };
}

/** The settings of an earlier iteration; the very same objects where nothing has changed, so that nothing is drawn anew. */
function asStood(present: readonly Experiment[], stood: readonly Experiment[]): readonly Experiment[] {
  return canonicalJson(present) === canonicalJson(stood) ? present : stood;
}

function receive(state: LabState, message: FromWorker): LabState {
  switch (message.type) {
    case 'engine':
      return { ...state, report: message.report, checks: message.report.checks };
    case 'engine refused': {
      const text = `${message.message} The runs go on as they were. What was checked stands under Machine.`;
      const remark = { title: 'The engine has not changed', text };
      return { ...state, engine: message.engine, checks: message.checks, history: withoutEngineChange(state.history), remark };
    }
    case 'loaded':
      return {
        ...state,
        summaries: message.summaries,
        baselines: message.baselines,
        traces: message.summaries.map((summary) => new Trace(summary.measured, shapeOf(summary))),
        revision: state.revision + 1,
        marks: [],
        pendingRetunes: 0,
        isGoingBack: false,
        resumed: undefined,
        // The zoom of a link is that of the first runs.
        zooms: state.traces ? [] : state.zooms,
        failure: undefined,
      };
    case 'metrics':
    case 'test':
      state.traces?.forEach((trace, r) => {
        if (message.type === 'metrics') trace.append(message.block, r);
        else if (message.runs.includes(r)) trace.appendTest(message.block, r);
      });
      return { ...state, revision: state.revision + 1 };
    case 'retuned': {
      const { iteration, text } = message;
      return { ...state, pendingRetunes: Math.max(0, state.pendingRetunes - 1), marks: [...state.marks, { iteration, text }] };
    }
    case 'back':
      for (const trace of state.traces ?? []) trace.cut(message.iteration);
      return {
        ...state,
        marks: state.marks.filter(({ iteration }) => iteration <= message.iteration),
        // A change that is still on its way replaces what stood at that iteration.
        ...(state.pendingRetunes === 0 && { experiments: asStood(state.experiments, message.experiments) }),
        isGoingBack: false,
        revision: state.revision + 1,
      };
    case 'no way back':
      return { ...state, isGoingBack: false, remark: { title: 'No further back', text: message.message } };
    case 'session':
      return state;
    case 'resumed':
      return { ...state, wantsRun: false, resumed: message };
    case 'not kept':
      return { ...state, remark: { title: 'A reload would lose these runs', text: message.message } };
    case 'recovering':
      return { ...state, remark: { title: 'The GPU device is lost', text: message.message } };
    case 'recovered': {
      const on = message.engine === 'gpu' ? 'on a new device' : 'on the CPU engine';
      const text = `${state.remark?.text ?? ''} It went on from iteration ${formatCount(message.iteration)}, ${on}.`;
      return { ...state, remark: { title: 'The GPU device was lost, and training went on', text } };
    }
    case 'state':
      return {
        ...state,
        runState: message.state,
        iterationsPerSecond: message.iterationsPerSecond,
        ...(message.state === 'finished' && { wantsRun: false }),
      };
    case 'failed': {
      const unloaded = state.runState === 'loading' && { traces: undefined, summaries: undefined };
      return {
        ...state,
        ...unloaded,
        checks: message.checks ?? state.checks,
        failure: message.message,
        runState: 'finished',
        iterationsPerSecond: 0,
        pendingRetunes: 0,
        isGoingBack: false,
        resumed: undefined,
      };
    }
    default:
      message satisfies never;
      return state;
  }
}

/** What the worker must be told so that it follows the page from one state to the next. */
export function commandsFor(before: LabState | undefined, after: LabState): ToWorker[] {
  if (after.stored) return before?.stored ? [] : [{ type: 'pause' }];
  const { experiments, engine } = after;
  const load: ToWorker = { type: 'load', experiments, engine, run: after.wantsRun };
  if (!before || before.stored || before.restarts !== after.restarts || before.engine !== engine) return [load];
  if (before.experiments === experiments) return [];
  const cost = costOf(before.experiments, experiments);
  if (cost === 'load') return [load];
  return cost === 'retune' ? [{ type: 'retune', experiments, text: changeText(before.experiments, experiments) }] : [];
}

/** Whether a run is still what its title says. */
export function isOriginal(state: LabState, run: RunIndex): boolean {
  return isSame(state.experiments[run], state.origin[run]);
}
