import { describe, expect, test } from 'vitest';
import { CpuEngine } from '../../src/engine/cpu/engine.ts';
import { MEAN_FIELD_POINTS, predictedSlope, slopeTolerance } from './mean-field-points.ts';
import { measureProfile, slopeTowardsInput } from './profile.ts';

const WIDTH = 128;
const LAYERS = 50;
const SEEDS = 12;
const FIRST = 10;
const engine = new CpuEngine({ engine: 'cpu', why: 'test' });

describe('growth rate of the squared gradient norm per layer, mean field (Poole 2016, Schoenholz 2017)', () => {
  for (const point of MEAN_FIELD_POINTS) {
    const { activation, weightVariance, biasVariance } = point;
    test(`${activation}, weight variance ${weightVariance}, bias variance ${biasVariance}`, async () => {
      const init = { weightVariance, biasVariance };
      const profile = await measureProfile(engine, { activation, init, width: WIDTH, layers: LAYERS, seeds: SEEDS, bias: true });
      const slope = slopeTowardsInput(profile.backward, FIRST, LAYERS - 1);
      const error = Math.abs(slope - predictedSlope(point, WIDTH));
      expect(error).toBeLessThanOrEqual(slopeTolerance(point, WIDTH, LAYERS - 1 - FIRST, SEEDS));
    });
  }

  test('control: critical ReLU does not meet the prediction for weight variance 4', async () => {
    const exploding = MEAN_FIELD_POINTS.find(({ activation, weightVariance }) => activation === 'relu' && weightVariance === 4);
    if (!exploding) throw new Error('no such point');
    const init = { weightVariance: 2 };
    const profile = await measureProfile(engine, {
      activation: 'relu',
      init,
      width: WIDTH,
      layers: LAYERS,
      seeds: SEEDS,
      bias: true,
    });
    const slope = slopeTowardsInput(profile.backward, FIRST, LAYERS - 1);
    const error = Math.abs(slope - predictedSlope(exploding, WIDTH));
    expect(error).toBeGreaterThan(10 * slopeTolerance(exploding, WIDTH, LAYERS - 1 - FIRST, SEEDS));
  });
});

describe('initialisers keep or lose the signal of a 30-layer ReLU network (Glorot 2010, He 2015)', () => {
  // ln of the squared norm ratio over L layers: L ln(n Var(W)/2) + L m with variance L v over networks, where m and v are the
  // exact laws of one bias-free ReLU layer of width 128 (Hanin, Nica 2018; digamma form): m = -0.019786, v = 0.040234.
  const [L, m, v] = [30, -0.019786, 0.040234];
  const tolerance = 4 * Math.sqrt((L * v) / SEEDS);
  const cases = [
    // Var(W) = 2/n
    { scheme: 'he_normal', expected: 0 },
    { scheme: 'he_uniform', expected: 0 },
    // Var(W) = 2/(n + n) = 1/n
    { scheme: 'xavier_normal', expected: L * Math.log(1 / 2) },
    { scheme: 'xavier_uniform', expected: L * Math.log(1 / 2) },
    // U(±1/√n): Var(W) = 1/(3n)
    { scheme: 'torch_default', expected: L * Math.log(1 / 6) },
  ] as const;
  for (const { scheme, expected } of cases) {
    test(`${scheme}: forward and backward`, async () => {
      const request = { activation: 'relu', init: { scheme }, width: 128, layers: L + 1, seeds: SEEDS, bias: false } as const;
      const { forward, backward } = await measureProfile(engine, request);
      const mean = (rows: readonly (readonly number[])[], from: number, to: number) =>
        rows.reduce((sum, row) => sum + row[to] - row[from], 0) / rows.length;
      expect(Math.abs(mean(forward, 0, L) - (expected + L * m))).toBeLessThanOrEqual(tolerance);
      expect(Math.abs(mean(backward, L, 0) - (expected + L * m))).toBeLessThanOrEqual(tolerance);
    });
  }

  test('control: He is not within tolerance of what Xavier predicts', async () => {
    const request = {
      activation: 'relu',
      init: { scheme: 'he_normal' },
      width: 128,
      layers: L + 1,
      seeds: SEEDS,
      bias: false,
    } as const;
    const { backward } = await measureProfile(engine, request);
    const mean = backward.reduce((sum, row) => sum + row[0] - row[L], 0) / backward.length;
    expect(Math.abs(mean - L * Math.log(1 / 2))).toBeGreaterThan(10 * tolerance);
  });
});
