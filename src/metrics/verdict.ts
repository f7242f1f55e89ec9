/** What the rules conclude about a run, with the numbers that led there. */
import type { Experiment } from '../model/schema.ts';
import { formatCount, formatFactor, formatLog2, formatNumber, formatPercent } from './format.ts';
import { fitGrowth, type Growth } from './growth.ts';
import { libraryNorm } from './library-norm.ts';
import { type Stack, stackOf, stackValues } from './stack.ts';
import type { LayerRecord, Series, Trace } from './trace.ts';

export const VERDICT_KINDS = ['healthy', 'exploding', 'vanishing', 'diverged', 'stuck', 'starting'] as const;
export type VerdictKind = (typeof VERDICT_KINDS)[number];

export interface Verdict {
  readonly kind: VerdictKind;
  readonly title: string;
  /** Sentences, the weightiest first. */
  readonly evidence: readonly string[];
  /** Iteration at which it happened, where it happened at one. */
  readonly iteration?: number;
}

/**
 * Ratio of the first to the last hidden layer's gradient norm from which the stack counts as exploding, and as vanishing below
 * its inverse. One learning rate serves all layers; the common advice is an update near 1e-3 of the weights (Karpathy, CS231n
 * notes, "Ratio of weights:updates"). With a ratio of 1e3 that advice holds for one end and the other end either has its weights
 * replaced in a single update (1e-3 · 1e3 = 1) or learns a thousand times too slowly.
 */
export const STACK_RATIO = 1e3;
/** The fitted growth must be this many standard errors from none, else the ratio may be chance: 95 % of a normal law. */
export const GROWTH_ERRORS = 2;
/** Mean loss this many times the initial mean counts as diverging: beyond any noise of a batch, short of overflow. Our choice. */
export const DIVERGED_LOSS = 10;
/** Iterations whose mean is "now", and at most as many at the start. */
export const WINDOW = 50;
/** Before this many iterations only non-finite values and layer ratios are judged. Our choice: two fifths of a window. */
export const STARTING_ITERATIONS = 20;
/** A run is stuck only after this many iterations: deep healthy networks show a plateau first (Saxe et al. 2014). */
export const STUCK_ITERATIONS = 200;
/** Loss must fall by this share of its start, or by two standard errors of the difference, not to count as stuck. Our choice. */
export const STUCK_SHARE = 0.02;
/** One batch may by chance activate no path to the output; in this many records in a row it is no chance. Our choice. */
export const ZERO_RECORDS = 10;

/** Judges what has been recorded so far; cheap enough for every frame: it looks at two windows, never at the whole trace. */
export function judge(trace: Trace, experiment: Experiment): Verdict {
  const n = trace.length;
  if (n === 0) return { kind: 'starting', title: 'Starting', evidence: ['Nothing recorded yet.'] };
  const stack = stackOf(trace, experiment);
  const first = firstGrowth(trace.layers, stack);
  const latest = latestGrowth(trace.layers, stack);
  const broken = brokenAt(trace, experiment);
  const losses = trace.scalars.loss;
  const clipping = clipSentence(trace, experiment);

  if (broken) {
    const at = `at iteration ${formatCount(broken.iteration)}`;
    const cause = [first, latest].find((fit) => fit && ratioOf(fit.growth) === 'exploding');
    const evidence = [
      ...(cause ? [growthSentence(cause)] : []),
      broken.tensor
        ? `First non-finite tensor: ${broken.tensor}, ${at}.`
        : `The loss is not finite from iteration ${broken.iteration} on.`,
      ...peakSentence(trace, broken.iteration),
      ...clipping,
    ];
    return cause
      ? { kind: 'exploding', title: `Exploding, not finite ${at}`, evidence, iteration: broken.iteration }
      : { kind: 'diverged', title: `Diverged ${at}`, evidence, iteration: broken.iteration };
  }

  if (isZeroGradient(trace, stack)) {
    const evidence = [
      `Every hidden gradient was exactly zero in the last ${ZERO_RECORDS} records: no example reaches the output through active units.`,
      ...lossSentence(losses),
    ];
    return { kind: 'stuck', title: 'Stuck: the gradient is zero', evidence };
  }

  const ratio = latest && ratioOf(latest.growth);
  const common = [
    ...lossSentence(losses),
    ...skipSentence(trace),
    ...scaleSentence(trace, experiment),
    ...clipping,
    ...testSentence(trace),
  ];
  if (latest && ratio === 'exploding') {
    return { kind: 'exploding', title: 'Exploding gradients', evidence: [growthSentence(latest), ...common] };
  }
  const growth = latest ? [growthSentence(latest)] : [];
  const start = statistics(losses, 0, Math.min(WINDOW, n));
  const now = statistics(losses, Math.max(0, n - WINDOW), n);
  const isAbove = losses.at(n - 1) === Infinity;
  if (n >= 2 * STARTING_ITERATIONS && (isAbove || now.mean >= DIVERGED_LOSS * losses.at(0))) {
    const evidence = [
      isAbove ? ABOVE : `Mean loss is ${formatNumber(now.mean)}, ${formatNumber(now.mean / losses.at(0))} times its first value.`,
      ...growth,
      ...clipping,
    ];
    return { kind: 'diverged', title: 'Diverging', evidence };
  }
  if (latest && ratio === 'vanishing') {
    return { kind: 'vanishing', title: 'Vanishing gradients', evidence: [growthSentence(latest), ...common] };
  }
  if (n < STARTING_ITERATIONS) return { kind: 'starting', title: 'Starting', evidence: [...growth, ...common] };
  if (n >= STUCK_ITERATIONS) {
    const fall = start.mean - now.mean;
    const error = Math.hypot(start.error, now.error);
    if (fall < STUCK_SHARE * Math.abs(start.mean) || fall < GROWTH_ERRORS * error) {
      const evidence = [
        `Mean loss of the last ${WINDOW} iterations is ${formatNumber(now.mean)}; of the first ${WINDOW} it was ${formatNumber(start.mean)}.`,
        ...growth,
        ...clipping,
      ];
      return { kind: 'stuck', title: 'Stuck: the loss does not fall', evidence };
    }
  }
  return { kind: 'healthy', title: 'Healthy', evidence: [...growth, ...common] };
}

export interface DatedGrowth {
  readonly iteration: number;
  readonly growth: Growth;
  /** What it is a factor per. */
  readonly unit: Stack['unit'];
}

function dated(record: LayerRecord, stack: Stack): DatedGrowth | undefined {
  const growth = fitGrowth(stackValues(record, stack));
  return growth && { iteration: record.iteration, growth, unit: stack.unit };
}

/** Growth over a stack at the first record: what the initialisation alone does. */
export function firstGrowth(layers: readonly LayerRecord[], stack: Stack): DatedGrowth | undefined {
  return layers.length > 0 ? dated(layers[0], stack) : undefined;
}

/** Growth at the latest record in which all of the stack is finite. */
export function latestGrowth(layers: readonly LayerRecord[], stack: Stack): DatedGrowth | undefined {
  const record = latestFinite(layers, stack);
  return record && dated(record, stack);
}

/** How many records are searched backwards for a finite one before the first record is tried. */
const SEARCHED_RECORDS = 64;

/** The latest record with no NaN or +Infinity in the stack; undefined where a run never had one. */
export function latestFinite(layers: readonly LayerRecord[], stack: Stack): LayerRecord | undefined {
  const usable = (record: LayerRecord) => stackValues(record, stack).every((v) => Number.isFinite(v) || v === -Infinity);
  for (let k = layers.length - 1; k >= Math.max(0, layers.length - SEARCHED_RECORDS); k--)
    if (usable(layers[k])) return layers[k];
  // NaN weights never become finite again, so in what lies before, finite records come first and non-finite ones after them.
  let low = 0;
  let high = Math.max(0, layers.length - SEARCHED_RECORDS);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (usable(layers[middle])) low = middle + 1;
    else high = middle;
  }
  return low > 0 ? layers[low - 1] : undefined;
}

function ratioOf({ log2PerLayer, factor, standardError, layers }: Growth): 'exploding' | 'vanishing' | 'level' {
  const errorOfLog2 = standardError / (Math.LN2 * factor);
  if (Math.abs(log2PerLayer) <= GROWTH_ERRORS * errorOfLog2) return 'level';
  const log2Ratio = log2PerLayer * (layers - 1);
  if (log2Ratio >= Math.log2(STACK_RATIO)) return 'exploding';
  return log2Ratio <= -Math.log2(STACK_RATIO) ? 'vanishing' : 'level';
}

/**
 * Where the run broke for good: its latest loss or gradient norm is not finite, or its policy stopped it at such a value. In an
 * extended range a loss of Infinity is one above float32, of which the gradients are numbers; a loss scale that adapts answers to
 * gradients that overflow.
 */
function brokenAt(trace: Trace, { range, precision }: Experiment): { iteration: number; tensor?: string } | undefined {
  const last = trace.length - 1;
  const { loss, log2GradientNorm, iteration } = trace.scalars;
  const norm = log2GradientNorm.at(last);
  const isLoss = Number.isFinite(loss.at(last)) || (range === 'extended' && loss.at(last) === Infinity);
  const adapts = precision.name === 'float16' && precision.lossScaleGrowth > 0;
  const finite = isLoss && (adapts || (!Number.isNaN(norm) && norm !== Infinity));
  const broke = trace.ended === 'policy' || trace.ended === 'weights_not_finite';
  if (finite && !broke) return undefined;
  return trace.firstNonFinite ?? { iteration: iteration.at(last) };
}

function isZeroGradient({ layers }: Trace, stack: Stack): boolean {
  const recent = layers.slice(-ZERO_RECORDS);
  return recent.length === ZERO_RECORDS && recent.every((record) => stackValues(record, stack).every((v) => v === -Infinity));
}

/** Mean of the finite values in `[from, to)` and its standard error. */
function statistics(series: Series, from: number, to: number): { mean: number; error: number } {
  const values = series.view().subarray(from, to).filter(Number.isFinite);
  const mean = values.reduce((sum, x) => sum + x / values.length, 0);
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2 / Math.max(1, values.length - 1), 0);
  return { mean, error: Math.sqrt(variance / Math.max(1, values.length)) };
}

function growthSentence({ iteration, growth, unit }: DatedGrowth): string {
  const { factor, standardError, layers, log2PerLayer } = growth;
  const over = formatLog2(log2PerLayer * (layers - 1));
  return `Gradients change by ${formatFactor(factor, standardError)} ${unit === 'layer' ? 'per layer towards the input' : 'per step back in time'} at iteration ${formatCount(iteration)}: ×${over} over ${layers} ${unit}s.`;
}

/** Of a run in an extended range. */
const ABOVE = 'The loss is larger than float32 can hold.';

function lossSentence(losses: Series): string[] {
  const n = losses.length;
  if (n < 2) return [];
  if (losses.at(n - 1) === Infinity) return [ABOVE];
  const now = statistics(losses, Math.max(0, n - WINDOW), n);
  return [`Loss went from ${formatNumber(losses.at(0))} to ${formatNumber(now.mean)} (mean of the last ${Math.min(WINDOW, n)}).`];
}

function peakSentence(trace: Trace, before: number): string[] {
  const norms = trace.scalars.log2GradientNorm;
  const end = Math.min(before, norms.length);
  let peak = -Infinity;
  for (let i = Math.max(0, end - WINDOW); i < end; i++) if (Number.isFinite(norms.at(i))) peak = Math.max(peak, norms.at(i));
  if (peak === -Infinity) return [];
  const beyond =
    libraryNorm(peak) === Infinity ? ', for which a library’s float32 norm is Inf though every element was finite' : '';
  return [`The global gradient norm reached ${formatLog2(peak)} before that${beyond}.`];
}

function clipSentence(trace: Trace, { clip, range }: Experiment): string[] {
  // The other rules have no coefficient that all gradients share.
  if (clip.rule !== 'torch_norm' && clip.rule !== 'tensorflow_global_norm') return [];
  const coefficients = trace.scalars.clipCoefficient;
  const from = Math.max(0, coefficients.length - WINDOW);
  const recent = coefficients.view().subarray(from);
  const share = recent.filter((c) => c < 1).length / recent.length;
  const acted = `Clipping at ${formatNumber(clip.max)} acted in ${formatPercent(share)} of the last ${recent.length} iterations.`;
  // An extended range's coefficient may be too small for the float32 that is recorded; it is applied with its exponent.
  const zeros = range === 'ieee' ? recent.filter((c) => c === 0).length : 0;
  if (zeros === 0) return [acted];
  return [
    acted,
    `Its coefficient was 0 in ${formatPercent(zeros / recent.length)} of them, since the float32 norm is Inf: the step was silently zero.`,
  ];
}

/** Of a loss scale that adapts. */
function scaleSentence({ scalars }: Trace, { precision }: Experiment): string[] {
  if (precision.name !== 'float16' || precision.lossScaleGrowth === 0) return [];
  const norms = scalars.log2GradientNorm.view().subarray(Math.max(0, scalars.log2GradientNorm.length - WINDOW));
  const skipped = norms.filter((norm) => Number.isNaN(norm) || norm === Infinity).length;
  const exponent = scalars.log2LossScale.at(scalars.log2LossScale.length - 1);
  return [
    `The loss scale is 2^${exponent}; float16 overflowed in ${skipped} of the last ${norms.length} iterations, whose updates were skipped.`,
  ];
}

function skipSentence(trace: Trace): string[] {
  const first = trace.firstNonFinite;
  return first
    ? [`Non-finite values appeared first in ${first.tensor} at iteration ${formatCount(first.iteration)}; it recovered.`]
    : [];
}

function testSentence(trace: Trace): string[] {
  const test = trace.tests.at(-1);
  if (!test || Number.isNaN(test.accuracy)) return [];
  return [`Held-out accuracy is ${formatPercent(test.accuracy)} after ${formatCount(test.iteration)} iterations.`];
}

// Numbers in sentences: scientific where they span decades, never 0.0000 for 1e-9. The page writes them the same way.

/** log10 of a number given as log2 is that number times this. */
