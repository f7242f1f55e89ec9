/** Initialisers keep or lose the signal of deep networks as their papers say, with the exact finite-width law beside it. */
import { describe, expect, test } from 'vitest';
import { CpuEngine } from '../../src/engine/cpu/engine.ts';
import { initialValues } from '../../src/model/initialise.ts';
import type { Init } from '../../src/model/schema.ts';
import { reluLaw } from '../../src/theory/finite-width.ts';
import { measureProfile } from './profile.ts';
import { sized } from './scale.ts';

const WIDTH = sized(128, 512);
const SEEDS = 12;
const L = 30;
const MINUTES = 10;
const engine = new CpuEngine({ engine: 'cpu', why: 'test' });
// ln of the squared norm ratio over L layers: L ln(n Var(W)/2) and, at finite width, L times the exact law of a layer at 2/n.
const { mean: m, variance: v } = reluLaw(WIDTH, 2);
const tolerance = 4 * Math.sqrt((L * v) / SEEDS);

async function changes(scheme: Init['scheme']): Promise<{ forward: number; backward: number }> {
  const request = { activation: 'relu', init: { scheme }, width: WIDTH, layers: L + 1, seeds: SEEDS, bias: false } as const;
  const { forward, backward } = await measureProfile(engine, request);
  const mean = (rows: readonly (readonly number[])[], from: number, to: number) =>
    rows.reduce((sum, row) => sum + row[to] - row[from], 0) / rows.length;
  return { forward: mean(forward, 0, L), backward: mean(backward, L, 0) };
}

describe('a 30-layer ReLU network (Glorot 2010, He 2015)', () => {
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
  test.each(cases)(
    '$scheme: forward and backward',
    async ({ scheme, expected }) => {
      const { forward, backward } = await changes(scheme);
      expect(Math.abs(forward - (expected + L * m))).toBeLessThanOrEqual(tolerance);
      expect(Math.abs(backward - (expected + L * m))).toBeLessThanOrEqual(tolerance);
    },
    MINUTES * 60_000,
  );

  test('control: He is not within tolerance of what Xavier predicts', async () => {
    const { forward, backward } = await changes('he_normal');
    for (const change of [forward, backward]) {
      expect(Math.abs(change - L * Math.log(1 / 2))).toBeGreaterThan(10 * tolerance);
    }
  });
});

test('VGG with a standard deviation of 0.01 loses a factor of 1.7e4 to He’s (He 2015, section 2.2)', () => {
  const init: Init = { scheme: 'he_normal', gain: 1, weightVariance: 1, biasVariance: 0 };
  /** Deviation of the initialiser's weights for 3 × 3 filters on d channels. */
  const deviation = (d: number, columns: number, index: number) => {
    const fanIn = 9 * d;
    const values = initialValues({ name: 'w', role: 'weight', rows: fanIn, columns, fanIn }, init, 1, index);
    return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
  };
  const columns = 128;
  const found = [64, 128, 256, 512].map((d, index) => deviation(d, columns, index));
  // A sample deviation of N numbers has relative standard error 1/√(2N), here at most 0.0026.
  [0.0589, 0.0417, 0.0295, 0.0208].forEach((expected, k) => {
    const error = 1 / Math.sqrt(2 * 9 * [64, 128, 256, 512][k] * columns);
    expect(Math.abs(found[k] / expected - 1)).toBeLessThan(4 * error + 0.0025);
  });
  const [a, b, c, d] = found.map((std) => std / 0.01);
  // Ten layers: their relative errors add up to at most four times 0.02.
  expect(Math.abs((a * b ** 2 * c ** 2 * d ** 4) / 1.7e4 - 1)).toBeLessThan(0.08);
});
