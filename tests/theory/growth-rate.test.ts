/** Growth of gradients from layer to layer as mean-field theory has it, measured on the CPU engine. */
import { describe, expect, test } from 'vitest';
import { CpuEngine } from '../../src/engine/cpu/engine.ts';
import { curveOf } from './curves.ts';
import { doubleProfile } from './double-network.ts';
import {
  isProductActivation,
  MEAN_FIELD_POINTS,
  type MeanFieldPoint,
  pointOf,
  predictedSlope,
  slopeTolerance,
} from './mean-field-points.ts';
import { measureProfile, slopeTowardsInput } from './profile.ts';
import { sized } from './scale.ts';

const WIDTH = sized(128, 512);
const LAYERS = 50;
const SEEDS = sized(8, 12);
const FIRST = 10;
const MINUTES = 10;
const engine = new CpuEngine({ engine: 'cpu', why: 'test' });

async function measuredSlope({ activation, weightVariance, biasVariance }: MeanFieldPoint): Promise<number> {
  const shape = { width: WIDTH, layers: LAYERS, seeds: SEEDS };
  const backward = isProductActivation(activation)
    ? (await measureProfile(engine, { ...shape, activation, init: { weightVariance, biasVariance }, bias: true })).backward
    : doubleProfile({ ...shape, curve: curveOf(activation), weightVariance, biasVariance });
  return slopeTowardsInput(backward, FIRST, LAYERS - 1);
}

const tolerance = (point: MeanFieldPoint) => slopeTolerance(point, WIDTH, LAYERS - 1 - FIRST, SEEDS);

describe('growth rate of the squared gradient norm per layer (Poole 2016, Schoenholz 2017)', () => {
  // The product's leaky ReLU has slope 0.01: the published point has a like on its own critical line.
  const points = [...MEAN_FIELD_POINTS, pointOf('leaky_relu', 2 / (1 + 0.01 ** 2), 0)];
  for (const point of points) {
    const { activation, weightVariance, biasVariance } = point;
    const where = isProductActivation(activation) ? '' : ' (double precision: no activation of the product)';
    test(
      `${activation}, weight variance ${weightVariance.toFixed(3)}, bias variance ${biasVariance}${where}`,
      async () => {
        expect(Math.abs((await measuredSlope(point)) - predictedSlope(point, WIDTH))).toBeLessThanOrEqual(tolerance(point));
      },
      MINUTES * 60_000,
    );
  }

  test('all 19 published points are here, 16 of them on the engine', () => {
    expect(MEAN_FIELD_POINTS).toHaveLength(19);
    expect(MEAN_FIELD_POINTS.filter(({ activation }) => isProductActivation(activation))).toHaveLength(16);
  });

  test.each([
    ['critical ReLU', 'ReLU with weight variance 4', pointOf('relu', 2, 0), pointOf('relu', 4, 0)],
    ['ordered tanh', 'chaotic tanh', pointOf('tanh', 1, 0.05), pointOf('tanh', 2.5, 0.05)],
  ])(
    'control: %s does not meet the prediction for %s',
    async (_, __, measured, other) => {
      const error = Math.abs((await measuredSlope(measured)) - predictedSlope(other, WIDTH));
      expect(error).toBeGreaterThan(5 * tolerance(other));
    },
    MINUTES * 60_000,
  );
});
