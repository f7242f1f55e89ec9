/** Columns that are computed from a trace's, kept as far as they go and continued as the trace grows. */
import { Series, type Trace } from '../metrics/trace.ts';

/** Of float32. */
const SMALLEST_NORMAL = 2 ** -126;

export class Derived {
  /** With each trace's column what its last value was computed from, by which a trace that was taken back is known. */
  readonly #columns = new WeakMap<Trace, { readonly values: Series; last: number }>();

  /** @param next value of an iteration, from its index and the value before, which is 0 in front of the first */
  constructor(readonly next: (trace: Trace, index: number, before: number) => number) {}

  of(trace: Trace): Float32Array {
    const column = this.#columns.get(trace) ?? { values: new Series(), last: Number.NaN };
    this.#columns.set(trace, column);
    const { values } = column;
    const norms = trace.scalars.log2GradientNorm;
    // Other settings give other norms: a trace that was taken back and has grown again is computed anew.
    const isStale = values.length > trace.length || (values.length > 0 && !Object.is(norms.at(values.length - 1), column.last));
    if (isStale) values.truncate(0);
    for (let i = values.length; i < trace.length; i++) values.push(this.next(trace, i, i === 0 ? 0 : values.at(i - 1)));
    if (trace.length > 0) column.last = norms.at(trace.length - 1);
    return values.view();
  }
}

/** log2 of the global gradient norm after clipping: −Infinity where the coefficient makes the step zero, NaN where it is. */
export const log2NormAfter = new Derived(({ scalars }, i) =>
  afterClipping(scalars.log2GradientNorm.at(i), scalars.clipCoefficient.at(i)),
);

/** The same in an extended range, whose coefficient may lie below float32: Infinity stands for the limit of the clip rule. */
export const log2NormAfterExtended = new Derived(({ scalars }, i) => {
  const [norm, coefficient] = [scalars.log2GradientNorm.at(i), scalars.clipCoefficient.at(i)];
  return Number.isFinite(norm) && coefficient < SMALLEST_NORMAL ? Number.POSITIVE_INFINITY : afterClipping(norm, coefficient);
});

/** 0 times an infinite norm is NaN, as the update has it, and so is a difference of infinite logarithms. */
function afterClipping(log2Norm: number, coefficient: number): number {
  return log2Norm + Math.log2(coefficient);
}

/** How many of the iterations so far have been clipped. */
const clipped = new Derived(({ scalars: { clipCoefficient } }, i, before) => before + Number(clipCoefficient.at(i) < 1));

/** Share of the iterations so far in which clipping shortened the gradient. */
export const clippedShare = new Derived((trace, i) => clipped.of(trace)[i] / (i + 1));

/** log2 of the norm of the update over that of the weights after it. */
export const log2UpdateRatio = new Derived(
  ({ scalars: { log2UpdateNorm, log2WeightNorm } }, i) => log2UpdateNorm.at(i) - log2WeightNorm.at(i),
);
