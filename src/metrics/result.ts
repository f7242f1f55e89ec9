/** What is left of a run when its trace is put away. */
import { isRegressionTask } from '../model/regression.ts';
import type { Experiment } from '../model/schema.ts';
import type { Ending } from './block.ts';
import { stackOf } from './stack.ts';
import type { FirstNonFinite, TestRecord, Trace } from './trace.ts';
import { type DatedGrowth, firstGrowth, judge, latestGrowth, type Verdict } from './verdict.ts';

/** First, largest and last of a series; the largest of its numbers that are finite. */
export interface Extent {
  readonly first: number;
  readonly max: number;
  readonly last: number;
}

/** How gradients grow from layer to layer, fitted at one iteration. */
export interface GrowthAt {
  /** Factor per layer towards the input. */
  readonly factor: number;
  readonly standardError: number;
  readonly iteration: number;
}

export interface RunResult {
  readonly ended: Ending;
  /** Iterations trained; fewer than asked for where the run's policy stopped it. */
  readonly iterations: number;
  readonly verdict: Verdict;
  /** Of the last iteration's batch. */
  readonly loss: number;
  /** Smallest finite loss of a batch; NaN where none was finite. */
  readonly bestLoss: number;
  /** Share of the last iteration's batch classified correctly; null for a regression. */
  readonly accuracy: number | null;
  /** Largest share of a batch classified correctly; null for a regression. */
  readonly bestAccuracy: number | null;
  /** On the held-out split, after the last iteration; NaN where it was never evaluated. */
  readonly testLoss: number;
  /** Smallest finite one of all evaluations; NaN where none was. */
  readonly bestTestLoss: number;
  /** Null for a regression, and where it was never evaluated. */
  readonly testAccuracy: number | null;
  readonly bestTestAccuracy: number | null;
  /** Global gradient norm before clipping, as log2; −Infinity for a zero gradient. */
  readonly log2GradientNorm: Extent;
  /** The same norms as plain numbers. */
  readonly gradientNorm: Extent;
  /** Share of the iterations in which a norm clip shortened the gradient; null for the rules none and value. */
  readonly clipShare: number | null;
  readonly firstNonFinite: FirstNonFinite | null;
  /** At the first record of the layers, which the initialisation alone makes, and at the latest finite one; null with fewer than three layers. */
  readonly growth: { readonly first: GrowthAt | null; readonly latest: GrowthAt | null };
}

export function resultOf(trace: Trace, experiment: Experiment): RunResult {
  const { loss, accuracy, log2GradientNorm, clipCoefficient } = trace.scalars;
  const last = trace.length - 1;
  const norms = log2GradientNorm.view();
  const log2Norms = { first: norms[0], max: largest(norms), last: norms[last] };
  const test = trace.tests.at(-1);
  const classes = !isRegressionTask(experiment.task);
  const clipsNorm = experiment.clip.rule === 'torch_norm' || experiment.clip.rule === 'tensorflow_global_norm';
  const stack = stackOf(trace, experiment);
  return {
    ended: trace.ended,
    iterations: trace.length,
    verdict: judge(trace, experiment),
    loss: loss.at(last),
    bestLoss: extreme(loss.view(), Math.min),
    accuracy: classes ? accuracy.at(last) : null,
    bestAccuracy: classes ? extreme(accuracy.view(), Math.max) : null,
    testLoss: test?.loss ?? Number.NaN,
    bestTestLoss: extreme(testColumn(trace.tests, 'loss'), Math.min),
    testAccuracy: classes && test ? test.accuracy : null,
    bestTestAccuracy: classes && test ? extreme(testColumn(trace.tests, 'accuracy'), Math.max) : null,
    log2GradientNorm: log2Norms,
    gradientNorm: { first: 2 ** log2Norms.first, max: 2 ** log2Norms.max, last: 2 ** log2Norms.last },
    clipShare: clipsNorm ? clipCoefficient.view().filter((c) => c < 1).length / trace.length : null,
    firstNonFinite: trace.firstNonFinite ?? null,
    growth: { first: growthAt(firstGrowth(trace.layers, stack)), latest: growthAt(latestGrowth(trace.layers, stack)) },
  };
}

function growthAt(fit: DatedGrowth | undefined): GrowthAt | null {
  return fit ? { factor: fit.growth.factor, standardError: fit.growth.standardError, iteration: fit.iteration } : null;
}

function testColumn(tests: readonly TestRecord[], name: 'loss' | 'accuracy'): number[] {
  return tests.map((test) => test[name]);
}

/** The smallest or largest of the finite values; NaN where none is. */
function extreme(values: Iterable<number>, choose: (a: number, b: number) => number): number {
  let best = Number.NaN;
  for (const value of values) if (Number.isFinite(value)) best = Number.isNaN(best) ? value : choose(best, value);
  return best;
}

/** The largest number that is not NaN or +Infinity; NaN where none is. */
function largest(values: Float32Array): number {
  let max = Number.NaN;
  for (const value of values) if (value < Number.POSITIVE_INFINITY && !(value <= max)) max = value;
  return max;
}
