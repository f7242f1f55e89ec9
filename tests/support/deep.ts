/** Networks as deep as an experiment may be. */
import { expect } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { shapeOf, splitLayers } from '../../src/metrics/layer-series.ts';
import type { Limits } from '../../src/plan/limits.ts';
import { buffersOfRole } from '../../src/plan/plan.ts';
import { Trainer } from '../../src/sweep/trainer.ts';
import { smallExperiment } from './plans.ts';

/** What a WebGPU device has if no more is asked for. */
export const DEFAULT_LIMITS: Limits = { bufferBytes: 2 ** 28, bindingBytes: 2 ** 27, totalBytes: 2 ** 32 };

const DEPTH = 10_000;
const WIDTH = 4;

/**
 * Each layer multiplies by an orthogonal matrix, whose rounded numbers and product are off by 2^-24 each and whose sums of 4 by
 * 4 · 2^-24: less than 6 · 2^-24 a layer of the norm, and as much once more for the norm itself.
 */
const OFF = (12 * DEPTH * 2 ** -24) / Math.LN2;

async function gradientNorms(engine: Engine, limits: Limits, gain: number): Promise<Float32Array> {
  const { experiment, dataset } = smallExperiment('mse', {
    model: { kind: 'mlp', depth: DEPTH, width: WIDTH, activation: 'linear', init: { scheme: 'orthogonal', gain } },
    optimizer: { name: 'sgd', learningRate: 1e-6 },
  });
  const limited: Engine = { report: engine.report, limits, load: (plan) => engine.load(plan), destroy: () => undefined };
  const trainer = await Trainer.create(limited, [experiment], dataset);
  const isSplit = buffersOfRole(trainer.session.plan, 'param').length > 1;
  expect(isSplit).toBe(limits.pieceBytes !== undefined);
  const { layers } = await trainer.advance(1);
  const { log2Dz } = splitLayers(layers[0][0].words, shapeOf(trainer.summary));
  trainer.destroy();
  expect(log2Dz.length).toBe(DEPTH + 1);
  return log2Dz;
}

/** The gradient of a network of orthogonal layers has one norm from the last hidden layer down to the first, 10,000 below. */
export async function expectIsometry(engine: Engine, limits: Limits): Promise<void> {
  const norms = await gradientNorms(engine, limits, 1);
  const last = norms[DEPTH - 1];
  expect(Number.isFinite(last)).toBe(true);
  for (let l = 0; l < DEPTH; l++) expect(Math.abs(norms[l] - last)).toBeLessThan(OFF);
}

/** The control: a gain of 1.001 a layer is seen, 1.001^9,999 in all. */
export async function expectGrowth(engine: Engine, limits: Limits): Promise<void> {
  const norms = await gradientNorms(engine, limits, 1.001);
  expect(Math.abs(norms[0] - norms[DEPTH - 1] - (DEPTH - 1) * Math.log2(1.001))).toBeLessThan(OFF);
}
