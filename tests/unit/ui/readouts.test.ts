import { describe, expect, test } from 'vitest';
import { parseExperiment } from '../../../src/model/experiment.ts';
import { normFrame } from '../../../src/ui/chart-data.ts';
import { profileFrame, profileTable, sideBySide, summarizeProfile } from '../../../src/ui/profile.ts';
import { scalarTable, summarize, valueAt } from '../../../src/ui/readouts.ts';
import { type Row, syntheticTrace } from '../../support/synthetic.ts';

const traceOf = (row: Row) => syntheticTrace({ iterations: 1, row: () => row });

const clip = { rule: 'torch_norm', max: 2 } as const;
const [ieee, extended] = (['ieee', 'extended'] as const).map((range) => parseExperiment({ clip, range }));
const norm = (log2GradientNorm: number, clipCoefficient: number, experiment = ieee) =>
  valueAt(traceOf({ log2GradientNorm, clipCoefficient }), 'norm', 0, experiment);

describe('the gradient norm at the crosshair', () => {
  test.each([
    ['inside float32, not clipped', 3, 1, '8.00'],
    ['inside float32, clipped to a quarter', 3, 0.25, '8.00 → 2.00'],
    // 2^64 is the first norm whose sum of squares, 2^128, float32 cannot hold.
    ['just below the end', 63, 2 ** -62, '9.22e+18 → 2.00'],
    ['at the end: the library clips by Inf', 64, 0, '1.84e+19 (library: ∞) → 0 (silent zero step)'],
    ['at the end, TensorFlow’s rule', 64, Number.NaN, '1.84e+19 (library: ∞) → NaN'],
    ['at the end without clipping', 64, 1, '1.84e+19 (library: ∞)'],
    ['where squares vanish', -80, 1, '8.27e−25 (library: 0)'],
    ['an element that is Inf, times 0', Number.POSITIVE_INFINITY, 0, '∞ → NaN'],
    ['a gradient that is NaN', Number.NaN, Number.NaN, 'NaN'],
  ])('in ieee, %s', (_, log2, coefficient, text) => {
    expect(norm(log2, coefficient)).toBe(text);
  });

  test('in the extended range there is no library, and a coefficient below float32 still clips', () => {
    expect(norm(64, 2 ** -63, extended)).toBe('1.84e+19 → 2.00');
    expect(norm(400, 0, extended)).toMatch(/^2\.58e\+120 → 2\.00$/);
  });

  test('stands in summary and table, for each run by its own range', () => {
    const traces = [0, 1].map((r) => traceOf({ log2GradientNorm: 64, clipCoefficient: r === 0 ? 0 : 2 ** -63 }));
    const pair = [traces[0], traces[1]] as const;
    expect(summarize([ieee, extended], pair, 'norm')).toMatch(/Run A .*library: ∞.*Run B from 1\.84e\+19 → 2\.00/);
    expect(scalarTable([ieee, extended], pair, 'norm').rows[0]).toEqual([
      '0',
      '1.84e+19 (library: ∞) → 0 (silent zero step)',
      '1.84e+19 → 2.00',
    ]);
  });
});

describe('the level at which a float32 norm ends', () => {
  const view = { experiments: [parseExperiment({}), parseExperiment({})] as const, logIterations: true, zooms: [], marks: [] };
  const levels = (...log2: number[]) =>
    normFrame(
      view,
      log2.map((log2GradientNorm) => traceOf({ log2GradientNorm })),
    ).levels.map(({ y, label }) => [label, Number(y.toFixed(3))]);

  test('is drawn once a norm of either run comes within three decades', () => {
    // log10 2^64 = 19.266; three decades below lies 2^54.03.
    expect(levels(0, 55)).toEqual([['float32 norm ends, 1.8e19', 19.266]]);
    expect(levels(300, 0)).toHaveLength(1);
  });

  test('control: it is not drawn for norms far from it, nor for NaN', () => {
    expect(levels(0, 54)).toEqual([]);
    expect(levels(Number.NaN, Number.POSITIVE_INFINITY)).toEqual([]);
  });

  test('has a counterpart where squares vanish', () => {
    // log10 2^-75 = -22.577
    expect(levels(-70)).toEqual([['float32 norm is 0 below 2.6e-23', -22.577]]);
  });
});

test('layers of several networks stand side by side by their place from the input', () => {
  expect(
    sideBySide([
      ['z0', 'z1'],
      ['z0', 'z1', 'z2'],
    ]),
  ).toEqual(['z0', 'z1', 'z2']);
  expect(
    sideBySide([
      ['z0', 'z1', 'z2'],
      ['x0', 'z1'],
    ]),
  ).toEqual(['z0 | x0', 'z1', 'z2']);
});

describe('a profile hides nothing', () => {
  const log2Dz = [0, Number.NaN, Number.POSITIVE_INFINITY, 2, Number.NEGATIVE_INFINITY, Number.NaN];
  const broken = syntheticTrace({ iterations: 1, layers: 6, log2Dz: (l) => log2Dz[l] ?? 0 });
  const healthy = syntheticTrace({ iterations: 1, layers: 6 });
  const frameOf = (hidden: readonly number[]) =>
    profileFrame({ experiments: [ieee, ieee], traces: [healthy, broken], quantity: 'gradient', hidden });

  test('what is not finite hangs from the edge, and a zero has its place', () => {
    const frame = frameOf([]);
    expect(frame?.marks).toEqual([
      { x: 1, series: 1, edge: 'top', label: 'NaN, layers 1 to 2' },
      { x: 5, series: 1, edge: 'top', label: '' },
    ]);
    expect(frame?.columns[1].map((y) => typeof y)).toEqual(['number', 'object', 'object', 'number', 'number', 'object']);
    expect(frame?.yTicks[0].label).toBe('0');
  });

  test('marks belong to the curves that are shown; control: those of a hidden run are gone', () => {
    expect(frameOf([0])?.marks.map(({ series }) => series)).toEqual([0, 0]);
    expect(frameOf([1])?.marks).toEqual([]);
  });

  test('it follows the crosshair; without one it is that of the latest iteration that is finite', () => {
    const diverging = syntheticTrace({ iterations: 3, layers: 4, log2Dz: (_, i) => (i < 2 ? i : Number.NaN) });
    const view = { experiments: [ieee], traces: [diverging], quantity: 'gradient' } as const;
    const first = (at?: number) => profileFrame({ ...view, at })?.columns[0][0];
    expect([first(0), first(), first(2)]).toEqual([0, Math.log10(2), null]);
    expect(profileFrame({ ...view, at: 2 })?.marks).toEqual([{ x: 0, series: 0, edge: 'top', label: 'NaN, layers 0 to 3' }]);
    expect(summarizeProfile({ ...view, at: 0 })).toMatch(/at iteration 0: 1\.00 at the input side/);
    expect(profileTable({ ...view, at: 2 }, ['z0']).rows).toEqual([['z0', 'NaN']]);
  });
});
