/** Where training diverges: critical learning rates on quadratic losses and scalar chains, on the CPU engine's own updates. */
import { describe, expect, test } from 'vitest';
import { CpuEngine } from '../../src/engine/cpu/engine.ts';
import { criticalAdamRate, criticalMomentumRate, criticalNesterovRate, criticalRate } from '../../src/theory/learning-rate.ts';
import type { OptimizerInput } from './rate-search.ts';
import { chainLosses, criticalRateOf, errorFactor } from './rate-search.ts';
import { sized } from './scale.ts';

const engine = new CpuEngine({ engine: 'cpu', why: 'test' });
const MINUTES = 10;
/** Largest eigenvalue of the regression's Hessian (2/N) XᵀX, whose others are 1.1835 and 2.8165. */
const LAMBDA = 10 / 3;

describe('linear regression: lr_crit = 2/λ = 0.6', () => {
  // Factor of the error per iteration, max |1 − lr λ|. Ten iterations are enough at half the critical rate, where the next factor is
  // 0.16 and an error of 0.03 is left, of which rounding of weights up to 2 makes 2 · 1.2e-7 · √3/0.03 = 1.4e-5.
  test.each([
    [0.5, 0.64494897, 10],
    [0.99, 0.98, 60],
    [1.01, 1.02, 60],
    [1.1, 1.2, 60],
  ])('at %d of it the error changes by %d per iteration', async (share, expected, iterations) => {
    const factor = await errorFactor(engine, share * criticalRate(LAMBDA), iterations);
    expect(Math.abs(factor / expected - 1)).toBeLessThan(3e-5);
  });

  const sgd = (more: object) => ({ name: 'sgd', ...more }) as OptimizerInput;
  // Adam with an epsilon far above every gradient, so that its preconditioner stands still at ε: bias correction makes the first steps
  // up to ten times as large, which takes gradients to 1e18 before they shrink.
  const epsilon = 1e24;
  test.each([
    ['gradient descent, 2/λ', sgd({}), criticalRate(LAMBDA), 0.6],
    ['heavy ball 0.9, (2 + 2β)/λ', sgd({ momentum: 0.9 }), criticalMomentumRate(LAMBDA, 0.9), 1.14],
    ['heavy ball 0.5', sgd({ momentum: 0.5 }), criticalMomentumRate(LAMBDA, 0.5), 0.9],
    ['Nesterov 0.9, (2 + 2β)/((1 + 2β) λ)', sgd({ momentum: 0.9, nesterov: true }), criticalNesterovRate(LAMBDA, 0.9), 0.407143],
    ['dampened momentum 0.9, 38/λ', sgd({ momentum: 0.9, dampening: 0.9 }), criticalMomentumRate(LAMBDA, 0.9, 0.9), 11.4],
    ['weight decay 0.1, 2/(λ + 0.1)', sgd({ weightDecay: 0.1 }), criticalRate(LAMBDA, 0.1), 0.582524],
    ['Adam at ε, 38 ε/λ', { name: 'adam', epsilon } as OptimizerInput, criticalAdamRate(LAMBDA / epsilon, 0.9), 11.4e24],
  ])(
    '%s',
    async (_, optimizer, predicted, published) => {
      const found = await criticalRateOf(engine, optimizer, sized(1000, 3000));
      // The search ends within 1e-4; float32 rounding moves the boundary by some 1e-7.
      expect(Math.abs(found / predicted - 1)).toBeLessThan(2e-4);
      expect(Math.abs(predicted / published - 1)).toBeLessThan(1e-6);
    },
    MINUTES * 60_000,
  );

  test('control: momentum moves the boundary, so the plain rate is wrong for it', async () => {
    const found = await criticalRateOf(engine, sgd({ momentum: 0.9 }), 500);
    expect(found / criticalRate(LAMBDA)).toBeGreaterThan(1.8);
  });
});

describe('depth × learning rate: a chain of L scalar weights at its minimum, lr_crit = 2/L', () => {
  // Loss (f − 1)²/2 of the cycle of two that gradient descent settles on at 1.03 of the critical rate.
  const CYCLES = [
    [2, 0.011892920352901067],
    [4, 0.005960422939101454],
    [8, 0.004542414973299488],
    [16, 0.004016609981968016],
    [32, 0.0037873962695482],
  ] as const;

  test.each(CYCLES)('L = %d', async (L, cycle) => {
    const [stable, near, beyond, over] = await chainLosses(engine, L, [0.97, 0.995, 1.005, 1.03]);
    // Below it the error shrinks by 1 − 2 (1 − share) with changing sign, until weights k units of 2^-23 away from the minimum are
    // rounded to as many on the other side: once 2 (1 − share) k < 1/2. Then f is off by L k units.
    const rounding = (share: number) => 0.5 * ((L * 2 ** -23) / (4 * (1 - share))) ** 2;
    expect(Math.max(...stable)).toBeLessThanOrEqual(rounding(0.97));
    expect(Math.max(...near)).toBeLessThanOrEqual(rounding(0.995));
    for (const losses of [beyond, over]) expect(Math.min(...losses)).toBeGreaterThan(1e-5);
    // The published value is one of the cycle's two.
    expect(Math.min(...over.map((loss) => Math.abs(loss / cycle - 1)))).toBeLessThan(1e-3);
  });

  test('control: the rate that is critical at L = 8 is safe at 4 and beyond at 16', async () => {
    const [[shallow], [deep]] = [await chainLosses(engine, 4, [0.5]), await chainLosses(engine, 16, [2])];
    expect(Math.max(...shallow)).toBeLessThan(1e-12);
    expect(Math.min(...deep) > 1e-3 || deep.some((loss) => !Number.isFinite(loss))).toBe(true);
  });
});
