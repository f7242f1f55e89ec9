/** What is left of a run when its trace is put away. */
import type { Experiment } from '../model/schema.ts';
import type { FirstNonFinite, Trace } from './trace.ts';
import { judge, type Verdict } from './verdict.ts';

/** First, largest and last of a series; the largest of its numbers that are finite. */
export interface Extent {
  readonly first: number;
  readonly max: number;
  readonly last: number;
}

export interface RunResult {
  /** Iterations trained; fewer than asked for where the run's policy stopped it. */
  readonly iterations: number;
  readonly verdict: Verdict;
  /** Of the last iteration's batch. */
  readonly loss: number;
  /** Share of the last iteration's batch classified correctly; null for a regression. */
  readonly accuracy: number | null;
  /** On the held-out split, after the last iteration. */
  readonly testLoss: number;
  readonly testAccuracy: number | null;
  /** Global gradient norm before clipping, as log2; −Infinity for a zero gradient. */
  readonly log2GradientNorm: Extent;
  /** The same norms as plain numbers. */
  readonly gradientNorm: Extent;
  /** Share of the iterations in which a norm clip shortened the gradient; null for the rules none and value. */
  readonly clipShare: number | null;
  readonly firstNonFinite: FirstNonFinite | null;
}

export function resultOf(trace: Trace, experiment: Experiment): RunResult {
  const { loss, accuracy, log2GradientNorm, clipCoefficient } = trace.scalars;
  const last = trace.length - 1;
  const norms = log2GradientNorm.view();
  const log2Norms = { first: norms[0], max: largest(norms), last: norms[last] };
  const test = trace.tests.at(-1);
  const classes = experiment.task.name !== 'teacher';
  const clipsNorm = experiment.clip.rule === 'torch_norm' || experiment.clip.rule === 'tensorflow_global_norm';
  return {
    iterations: trace.length,
    verdict: judge(trace, experiment),
    loss: loss.at(last),
    accuracy: classes ? accuracy.at(last) : null,
    testLoss: test?.loss ?? Number.NaN,
    testAccuracy: classes && test ? test.accuracy : null,
    log2GradientNorm: log2Norms,
    gradientNorm: { first: 2 ** log2Norms.first, max: 2 ** log2Norms.max, last: 2 ** log2Norms.last },
    clipShare: clipsNorm ? clipCoefficient.view().filter((c) => c < 1).length / trace.length : null,
    firstNonFinite: trace.firstNonFinite ?? null,
  };
}

/** The largest number that is not NaN or +Infinity; NaN where none is. */
function largest(values: Float32Array): number {
  let max = Number.NaN;
  for (const value of values) if (value < Number.POSITIVE_INFINITY && !(value <= max)) max = value;
  return max;
}
