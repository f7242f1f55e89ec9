import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/open.ts';
import type { Activation } from '../../src/model/schema.ts';
import { MEAN_FIELD_POINTS, predictedSlope, slopeTolerance } from './mean-field-points.ts';
import { measureProfile, slopeTowardsInput } from './profile.ts';

const WIDTH = 128;
const LAYERS = 50;
const SEEDS = 12;
const FIRST = 10;
let engine: Engine;

beforeAll(async () => {
  engine = await openEngine('gpu', navigator.gpu, 'use');
});
afterAll(() => engine.destroy());

for (const point of MEAN_FIELD_POINTS.filter(({ activation }) => ['relu', 'tanh'].includes(activation))) {
  const { weightVariance, biasVariance } = point;
  const activation = point.activation as Activation;
  test(`on WebGPU: ${activation}, weight variance ${weightVariance}, bias variance ${biasVariance}`, async () => {
    const init = { weightVariance, biasVariance };
    const profile = await measureProfile(engine, { activation, init, width: WIDTH, layers: LAYERS, seeds: SEEDS, bias: true });
    const slope = slopeTowardsInput(profile.backward, FIRST, LAYERS - 1);
    expect(Math.abs(slope - predictedSlope(point, WIDTH))).toBeLessThanOrEqual(
      slopeTolerance(point, WIDTH, LAYERS - 1 - FIRST, SEEDS),
    );
  });
}
