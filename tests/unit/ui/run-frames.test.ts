import { describe, expect, test } from 'vitest';
import { parseExperiment } from '../../../src/model/experiment.ts';
import { clippedShare, log2NormAfter } from '../../../src/ui/derived.ts';
import { valueAt } from '../../../src/ui/readouts.ts';
import { runFrame, runUnit } from '../../../src/ui/run-frames.ts';
import { type Row, syntheticTrace } from '../../support/synthetic.ts';

const inf = Number.POSITIVE_INFINITY;
const traceOf = (...rows: Row[]) => syntheticTrace({ iterations: rows.length, row: (i) => rows[i] });
const clip = { rule: 'torch_norm', max: 2 } as const;
const [clipped, free, byValue] = [{ clip }, {}, { clip: { rule: 'value', max: 1 } as const }].map((input) =>
  parseExperiment(input),
);
const view = (...experiments: (typeof clipped)[]) => ({ experiments, logIterations: false, zooms: [], marks: [] }) as never;
const rounded = (column: readonly unknown[]) => column.map((y) => (typeof y === 'number' ? Number(y.toFixed(4)) : y));

describe('the gradient norm', () => {
  // 8 clipped to 2, 1 left alone, an infinite sum of squares that clips to 0, and a NaN, which ends what has begun.
  const rows: Row[] = [
    { log2GradientNorm: 3, clipCoefficient: 0.25 },
    { log2GradientNorm: 0, clipCoefficient: 1 },
    { log2GradientNorm: 70, clipCoefficient: 0 },
    { log2GradientNorm: Number.NaN, clipCoefficient: Number.NaN },
  ];
  test('has a second line of what clipping leaves, with the threshold as a level', () => {
    const frame = runFrame(view(clipped), [traceOf(...rows)], 'norm');
    expect(frame?.styles.map(({ label, dash }) => [label, dash?.length ?? 0])).toEqual([
      ['Run', 0],
      ['Run, after clipping', 2],
    ]);
    expect(rounded(frame?.columns[1] ?? [])).toEqual([0.301, 0, -31, null]);
    // The axis is linear below the lowest decade, down to 0.
    expect(frame?.yTicks[0]).toEqual({ at: -31, label: '0' });
    expect(frame?.levels[0]).toMatchObject({ label: 'clip 2' });
    expect(frame?.marks.filter(({ series }) => series === 1).map(({ edge, label }) => [edge, label])).toEqual([
      ['bottom', '0 after clipping @ 2'],
    ]);
  });
  test('has none for a run that does not clip by it, unless it did before', () => {
    const [never, before] = [traceOf({ log2GradientNorm: 3 }), traceOf(rows[0])];
    expect(runFrame(view(free, byValue), [never, never], 'norm')?.styles).toHaveLength(2);
    expect(runFrame(view(free), [before], 'norm')?.styles).toHaveLength(2);
  });
  test('in the extended range, where a coefficient below float32 leaves the limit', () => {
    const extended = parseExperiment({ clip, range: 'extended' });
    const trace = traceOf({ log2GradientNorm: 400, clipCoefficient: 0 }, { log2GradientNorm: inf, clipCoefficient: 0 });
    expect(rounded(runFrame(view(extended), [trace], 'norm')?.columns[1] ?? [])).toEqual([0.301, null]);
  });
  test('says in its caption what share was clipped', () => {
    const [half, all] = [traceOf(rows[0], rows[1]), traceOf(rows[0])];
    expect(runUnit([clipped], [half], 'norm')).toBe('dotted: clipped, 50 %');
    expect(runUnit([free, clipped], [traceOf({}), half], 'norm')).toBe('dotted: clipped, B 50 %');
    expect(runUnit([clipped, clipped, clipped], [half, all, half], 'norm')).toBe('dotted: clipped, 50 % to 100 %');
    expect(runUnit([free], [traceOf({})], 'norm')).toBe('global, before clipping');
  });
});

describe('the share clipped', () => {
  const trace = traceOf(...[0.5, 1, 1, 0.5].map((clipCoefficient) => ({ clipCoefficient })));
  test('counts the iterations so far', () => {
    expect(rounded(runFrame(view(clipped), [trace], 'clippedShare')?.columns[0] ?? [])).toEqual([1, 0.5, 0.3333, 0.5]);
    expect(valueAt(trace, 'clippedShare', 3, clipped)).toBe('50.0 %');
  });
  test('is not there where no run clips by the global norm', () => {
    const never = traceOf({ log2GradientNorm: 3 });
    expect(runFrame(view(byValue, free), [never, never], 'clippedShare')).toBeUndefined();
    expect(valueAt(never, 'clippedShare', 0, byValue)).toBe('–');
    const one = runFrame(view(free, clipped), [never, trace], 'clippedShare');
    expect(one?.columns[0].every((y) => y === undefined)).toBe(true);
  });
  test('goes on as the trace grows, and starts anew where it was taken back to other norms', () => {
    const growing = traceOf({ clipCoefficient: 0.5, log2GradientNorm: 1 });
    const mark = growing.mark();
    const append = (log2GradientNorm: number, clipCoefficient: number) => {
      for (const [name, value] of Object.entries({ iteration: growing.length, log2GradientNorm, clipCoefficient }))
        growing.scalars[name as 'iteration'].push(value);
    };
    append(1, 1);
    append(2, 1);
    expect(rounded([...clippedShare.of(growing)])).toEqual([1, 0.5, 0.3333]);
    growing.rewind(mark);
    append(3, 0.5);
    append(4, 0.5);
    append(5, 0.5);
    expect([...clippedShare.of(growing)]).toEqual([1, 1, 1, 1]);
    expect([...log2NormAfter.of(growing)]).toEqual([0, 2, 3, 4]);
    growing.rewind(mark);
    expect([...log2NormAfter.of(growing)]).toEqual([0]);
  });
});

describe('weights and updates', () => {
  const trace = traceOf({ log2WeightNorm: 3, log2UpdateNorm: -7 }, { log2WeightNorm: 4, log2UpdateNorm: -inf });
  test('the norm of all weights', () => {
    expect(rounded(runFrame(view(free), [trace], 'weightNorm')?.columns[0] ?? [])).toEqual([0.9031, 1.2041]);
    expect(valueAt(trace, 'weightNorm', 1)).toBe('16.0');
  });
  test('the ratio of update and weights beside what is usual; a skipped update stands at the bottom', () => {
    const frame = runFrame(view(free), [trace], 'updateRatio');
    // 2^-10 is just below 1e-3.
    expect(rounded(frame?.columns[0] ?? [])).toEqual([-3.0103, -5]);
    expect(frame?.yTicks[0]).toEqual({ at: -5, label: '0' });
    expect(frame?.levels).toEqual([expect.objectContaining({ y: -3 })]);
    expect(frame?.marks).toEqual([expect.objectContaining({ edge: 'bottom', label: '0 @ 1' })]);
    expect([valueAt(trace, 'updateRatio', 0), valueAt(trace, 'updateRatio', 1)]).toEqual(['9.77e−4', '0']);
  });
});
