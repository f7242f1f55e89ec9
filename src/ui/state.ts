/** Everything the page knows, and everything that can happen to it. */
import type { Baseline } from '../data/dataset.ts';
import type { AdapterReport, EngineChoice, GpuCheck } from '../engine/report.ts';
import type { Trace } from '../metrics/trace.ts';
import { isSame } from '../model/experiment.ts';
import type { Experiment } from '../model/schema.ts';
import type { PlanSummary } from '../plan/summary.ts';
import type { FromWorker, RunState, Speed } from '../sweep/protocol.ts';
import { type Deleted, type Described, type History, NO_HISTORY } from './history.ts';
import type { LayerQuantity } from './layer-quantity.ts';
import { FIRST_LOOKS, type Looks } from './looks.ts';
import { PAIRS } from './pairs.ts';
import type { EditTarget, RunIndex } from './runs.ts';
import type { View } from './views.ts';

/** Of a run that is no prepared one. */
export const OWN_TITLE = 'Own settings';

export type ThemeChoice = 'system' | 'light' | 'dark';
/** First and last iteration shown. */
export type Range = readonly [number, number];

/** A change made in mid-run, drawn as a vertical line in every chart. */
export interface RetuneMark {
  readonly iteration: number;
  readonly text: string;
}

export type Resumed = Omit<Extract<FromWorker, { type: 'resumed' }>, 'type'>;

/** A run whose curves were kept, as they were. */
export interface StoredRun {
  readonly title: string;
  readonly experiment: Experiment;
  readonly trace: Trace;
  /** Of its plan; runs that older pages kept have none. */
  readonly summary: PlanSummary | undefined;
  readonly marks: readonly RetuneMark[];
  /** Milliseconds since 1970. */
  readonly keptAt: number;
  readonly trainedBy: AdapterReport['engine'] | undefined;
}

export interface Remark {
  readonly title: string;
  readonly text: string;
}

/** An input that could not be used: what was typed, and why. */
export interface FieldProblem {
  readonly text: string;
  readonly message: string;
}

/** What the settings look like from outside: the part that the address keeps. */
export interface Settings {
  /** One to `MAX_RUNS`. */
  readonly experiments: readonly Experiment[];
  readonly engine: EngineChoice;
  readonly logIterations: boolean;
  readonly mapRun: RunIndex;
  /** The run that the others are compared with. */
  readonly baseline: RunIndex;
  /** Runs without curves, ascending. */
  readonly hidden: readonly RunIndex[];
  /** What profile and map show of the layers. */
  readonly quantity: LayerQuantity;
  readonly looks: Looks;
}

/** Which runs are looked at first. */
export const FIRST_LOOK = { target: 0, mapRun: 0, baseline: 0, hidden: [] } as const;

export interface LabState extends Settings {
  readonly titles: readonly string[];
  readonly claims: readonly string[];
  /** The experiments that the titles describe. */
  readonly origin: readonly Experiment[];
  readonly target: EditTarget;
  /** By path. */
  readonly problems: Readonly<Record<string, FieldProblem>>;
  /** Counts the restarts asked for; a new number makes the store load again. */
  readonly restarts: number;
  /** Whether the next load starts by itself. */
  readonly wantsRun: boolean;
  readonly runState: RunState;
  readonly iterationsPerSecond: number;
  readonly report?: AdapterReport;
  /** Of the engine that was opened last, or could not be; undefined where no GPU was asked for. */
  readonly checks?: readonly GpuCheck[] | undefined;
  /** Of each run's plan; runs that share one have the same. */
  readonly summaries?: readonly PlanSummary[] | undefined;
  /** Known results of each run's task. */
  readonly baselines?: readonly (readonly Baseline[])[] | undefined;
  /** Append-only logs owned by the state; `revision` says when they have grown. */
  readonly traces?: readonly Trace[] | undefined;
  readonly revision: number;
  readonly marks: readonly RetuneMark[];
  /** Changes in mid-run that the worker has not yet dated. */
  readonly pendingRetunes: number;
  readonly speed: Speed;
  /** A step back has been asked for and not yet been made. */
  readonly isGoingBack: boolean;
  /** The runs are those of before a reload, and wait for a person to go on. */
  readonly resumed: Resumed | undefined;
  /** The runs are kept ones, whose curves are shown and which nothing trains: since when and by what; undefined where runs train. */
  readonly stored: readonly Pick<StoredRun, 'keptAt' | 'trainedBy'>[] | undefined;
  /** What happened that a person should know of, until dismissed. */
  readonly remark: Remark | undefined;
  /** What can be undone and done again. */
  readonly history: History;
  /** Zooms, the current one last; empty shows everything. */
  readonly zooms: readonly Range[];
  /** Iteration under the crosshair. */
  readonly hover: number | undefined;
  readonly theme: ThemeChoice;
  readonly failure: string | undefined;
  /** One sentence a line, until dismissed. */
  readonly notice: string | undefined;
  readonly noGpuDismissed: boolean;
}

export type Action =
  | { readonly type: 'edit'; readonly path: string; readonly value: unknown; readonly text: string }
  /** An edit that was not made, and why. */
  | { readonly type: 'refuse'; readonly path: string; readonly text: string; readonly message: string }
  | { readonly type: 'target'; readonly target: EditTarget }
  | { readonly type: 'pair'; readonly id: string }
  /** A copy of a run, behind the last. */
  | { readonly type: 'add run'; readonly of: RunIndex }
  | { readonly type: 'remove run'; readonly run: RunIndex }
  | { readonly type: 'baseline'; readonly run: RunIndex }
  | { readonly type: 'show run'; readonly run: RunIndex; readonly on: boolean }
  | { readonly type: 'restart' }
  | { readonly type: 'engine'; readonly engine: EngineChoice }
  /** `name` is what an undo of it is called. */
  | { readonly type: 'settings'; readonly settings: Settings; readonly notice: string | undefined; readonly name?: string }
  /** Kept curves, in place of what is shown or, where those are kept ones too, beside them. */
  | { readonly type: 'stored'; readonly runs: readonly StoredRun[]; readonly beside: boolean }
  /** Of the latest change that belongs to a view. */
  | { readonly type: 'undo' | 'redo'; readonly view: View }
  /** The description of a sweep was changed; `text` names it behind "Undo". */
  | { readonly type: 'described'; readonly described: Described; readonly text: string }
  /** Something kept in this browser was put away; `text` names it behind "Undo". */
  | { readonly type: 'deleted'; readonly deleted: Deleted; readonly text: string }
  /** One that continues takes the place of the zoom before. */
  | { readonly type: 'zoom'; readonly range: Range; readonly continues?: boolean }
  | { readonly type: 'zoom back'; readonly all: boolean }
  | { readonly type: 'hover'; readonly iteration: number | undefined }
  | { readonly type: 'log iterations'; readonly on: boolean }
  | { readonly type: 'map run'; readonly run: RunIndex }
  | { readonly type: 'quantity'; readonly quantity: LayerQuantity }
  | { readonly type: 'look'; readonly change: Partial<Looks> }
  | { readonly type: 'theme'; readonly theme: ThemeChoice }
  | { readonly type: 'dismiss'; readonly what: 'notice' | 'failure' | 'remark' | 'no gpu' }
  | { readonly type: 'play'; readonly command: 'start' | 'pause' | 'step' | 'back' }
  | { readonly type: 'speed'; readonly speed: Speed }
  | { readonly type: 'remark'; readonly remark: Remark }
  | { readonly type: 'worker'; readonly message: FromWorker };

/** Whether the runs train as replicas of one plan. */
export function sharesPlan(summaries: readonly PlanSummary[]): boolean {
  return summaries[0].replicas === summaries.length;
}

/** What the button that starts and pauses does. */
export function playOrPause({ runState, wantsRun }: LabState): Action {
  if (runState === 'finished') return { type: 'restart' };
  const isRunning = runState === 'running' || (runState === 'loading' && wantsRun);
  return { type: 'play', command: isRunning ? 'pause' : 'start' };
}

/** Titles and claims of runs: those of the prepared pair they are, else none but `Own settings`. */
export function identityOf(experiments: readonly Experiment[]): Pick<LabState, 'titles' | 'claims' | 'origin'> {
  const pair = PAIRS.find((candidate) => isSame(candidate.experiments, experiments));
  return {
    titles: pair?.titles ?? experiments.map(() => OWN_TITLE),
    claims: pair?.claims ?? experiments.map(() => ''),
    origin: experiments,
  };
}

export function initialState(): LabState {
  const { experiments } = PAIRS[0];
  return {
    experiments,
    ...identityOf(experiments),
    engine: 'auto',
    logIterations: true,
    mapRun: 0,
    baseline: 0,
    hidden: [],
    quantity: 'gradient',
    looks: FIRST_LOOKS,
    target: 0,
    problems: {},
    restarts: 0,
    wantsRun: true,
    runState: 'loading',
    iterationsPerSecond: 0,
    revision: 0,
    marks: [],
    pendingRetunes: 0,
    speed: 'full',
    isGoingBack: false,
    resumed: undefined,
    stored: undefined,
    remark: undefined,
    history: NO_HISTORY,
    zooms: [],
    hover: undefined,
    theme: 'system',
    failure: undefined,
    notice: undefined,
    noGpuDismissed: false,
  };
}
