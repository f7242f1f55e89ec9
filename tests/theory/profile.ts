/** Measures how norms change from layer to layer at initialisation, on any engine, many seeds as replicas of one plan. */
import type { Engine } from '../../src/engine/engine.ts';
import { readTensor, writeReplica } from '../../src/engine/tensor-io.ts';
import { normals, PURPOSE } from '../../src/math/philox.ts';
import { initialValues } from '../../src/model/initialise.ts';
import { mlpNetwork, parametersOf } from '../../src/model/network.ts';
import type { Activation, Init } from '../../src/model/schema.ts';
import { buildPlan } from '../../src/plan/build.ts';
import { HYPER, HYPER_WORDS } from '../../src/plan/records.ts';

export interface ProfileRequest {
  readonly activation: Activation;
  readonly init: Partial<Init>;
  readonly width: number;
  /** Linear layers, all width × width. */
  readonly layers: number;
  readonly seeds: number;
  readonly bias: boolean;
}

export interface Profile {
  /** ln ‖z_l‖², (seeds, layers). */
  readonly forward: readonly (readonly number[])[];
  /** ln ‖dL/dz_l‖², (seeds, layers). */
  readonly backward: readonly (readonly number[])[];
  /** ln ‖x‖² of the input, (seeds). */
  readonly input: readonly number[];
}

/**
 * One example per network. The gradient at the top is random and independent of the network: after one forward pass the
 * mean-squared-error targets are set to z − c v, v ~ N(0, 1), so that dL/dz at the top is proportional to v; c ~ rms(z) keeps
 * v above the rounding of z.
 */
export async function measureProfile(engine: Engine, request: ProfileRequest): Promise<Profile> {
  const { activation, width: n, layers, seeds, bias } = request;
  const sizes = new Array<number>(layers + 1).fill(n);
  const network = mlpNetwork({ sizes, activation, norm: 'none', hiddenBias: bias, outputBias: bias, loss: 'mse' });
  const plan = buildPlan({
    networks: [{ network, replicas: seeds }],
    batchSize: 1,
    optimizer: 'sgd',
    source: { kind: 'given' },
    layersEvery: 1,
    ring: 4,
    limits: engine.limits,
  });
  const session = await engine.load(plan);
  const init: Init = { scheme: 'scaled_normal', gain: 1, weightVariance: 1, biasVariance: 0, ...request.init };
  // Learning rate 0: the second pass sees the same weights.
  const hyper = new Float32Array(HYPER_WORDS);
  new Uint32Array(hyper.buffer)[HYPER.iterations] = 2;
  for (let r = 0; r < seeds; r++) {
    const seed = 1000 + r;
    parametersOf(network).forEach((parameter, index) => {
      writeReplica(session, parameter.name, r, initialValues(parameter, init, seed, index));
    });
    writeReplica(session, 'hyper', r, hyper);
    writeReplica(session, 'x', r, normals(seed, PURPOSE.teacher, 0, n, 1));
  }
  await session.run('iteration', 1);
  const top = await readTensor(session, `z${layers - 1}`, seeds);
  for (let r = 0; r < seeds; r++) {
    const z = top.subarray(r * n, (r + 1) * n);
    const rms = Math.sqrt(z.reduce((sum, value) => sum + value * value, 0) / n);
    const v = normals(1000 + r, PURPOSE.noise, 0, n, rms);
    writeReplica(
      session,
      'target',
      r,
      Float32Array.from(z, (value, i) => value - v[i]),
    );
  }
  await session.run('iteration', 1);
  const profile = {
    forward: await squaredNorms((l) => `z${l}`),
    backward: await squaredNorms((l) => `dz${l}`),
    input: logSquares(await readTensor(session, 'x', seeds)),
  };
  session.destroy();
  return profile;

  function logSquares(values: Float32Array): number[] {
    // In double precision, so that the squares cannot overflow.
    return Array.from({ length: seeds }, (_, r) =>
      Math.log(values.subarray(r * n, (r + 1) * n).reduce((sum, value) => sum + value * value, 0)),
    );
  }
  async function squaredNorms(name: (l: number) => string): Promise<number[][]> {
    const byLayer: number[][] = [];
    for (let l = 0; l < layers; l++) byLayer.push(logSquares(await readTensor(session, name(l), seeds)));
    return byLayer[0].map((_, r) => byLayer.map((row) => row[r]));
  }
}

/** Least-squares slope per layer, from the output towards the input, of the mean over seeds, layers first … last. */
export function slopeTowardsInput(rows: readonly (readonly number[])[], first: number, last: number): number {
  const layers = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const means = layers.map((l) => rows.reduce((sum, row) => sum + row[l], 0) / rows.length);
  const center = (first + last) / 2;
  const covariance = layers.reduce((sum, l, i) => sum + (l - center) * means[i], 0);
  const variance = layers.reduce((sum, l) => sum + (l - center) ** 2, 0);
  return -covariance / variance;
}
