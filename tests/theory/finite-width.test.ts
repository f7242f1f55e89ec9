/** The exact law of bias-free Gaussian networks of finite width, measured on the CPU engine. */
import { describe, expect, test } from 'vitest';
import { CpuEngine } from '../../src/engine/cpu/engine.ts';
import { linearLaw, reluLaw } from '../../src/theory/finite-width.ts';
import { measureProfile } from './profile.ts';
import { sized } from './scale.ts';

const engine = new CpuEngine({ engine: 'cpu', why: 'test' });
const MINUTES = 10;

/** Width, layers, published number of seeds, and what the gate takes of them. */
const CASES = [
  { activation: 'linear', n: 16, L: 40, published: 400, gate: 200 },
  { activation: 'linear', n: 64, L: 40, published: 300, gate: 40 },
  { activation: 'relu', n: 32, L: 40, published: 400, gate: 100 },
  { activation: 'relu', n: 64, L: 60, published: 300, gate: 30 },
  { activation: 'relu', n: 128, L: 60, published: 200, gate: 12 },
] as const;

const law = (activation: 'linear' | 'relu', n: number) => (activation === 'linear' ? linearLaw(n, 1) : reluLaw(n, 2));

/** ln of the squared norms' ratios over L layers, towards the output and towards the input. */
async function ratios(activation: 'linear' | 'relu', n: number, L: number, seeds: number) {
  const init = { weightVariance: activation === 'linear' ? 1 : 2 };
  const profile = await measureProfile(engine, { activation, init, width: n, layers: L + 1, seeds, bias: false });
  return {
    forward: profile.forward.map((row) => row[L] - row[0]),
    backward: profile.backward.map((row) => row[0] - row[L]),
  };
}

function moments(values: readonly number[]) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1) };
}

describe('mean and variance of ln(squared norm ratio) over L layers (Hanin, Nica 2018; digamma form)', () => {
  test.each(CASES)(
    '$activation, n = $n, L = $L',
    async ({ activation, n, L, published, gate }) => {
      const seeds = sized(gate, published);
      const layer = law(activation, n);
      for (const values of Object.values(await ratios(activation, n, L, seeds))) {
        const { mean, variance } = moments(values);
        // Three standard errors of the mean; a quarter for the variance with the published seeds, more with fewer.
        expect(Math.abs(mean - L * layer.mean)).toBeLessThanOrEqual(3 * Math.sqrt((L * layer.variance) / seeds));
        expect(Math.abs(variance / (L * layer.variance) - 1)).toBeLessThanOrEqual(0.25 * Math.sqrt(published / seeds));
      }
    },
    MINUTES * 60_000,
  );

  test('control: ReLU does not follow the linear law, nor a narrow network a wide one’s', async () => {
    const { forward, backward } = await ratios('relu', 32, 40, 100);
    for (const { mean, variance } of [moments(forward), moments(backward)]) {
      for (const other of [linearLaw(32, 1), reluLaw(128, 2)]) {
        expect(Math.abs(mean - 40 * other.mean)).toBeGreaterThan(6 * Math.sqrt((40 * other.variance) / 100));
        expect(Math.abs(variance / (40 * other.variance) - 1)).toBeGreaterThan(0.6);
      }
    }
  });
});
