/** Whole plans in both ranges, for either engine. */
import { expect } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { readExponents, readTensor, writeReplica } from '../../src/engine/tensor-io.ts';
import { joinEntries, log2Norm } from '../../src/math/norm-pair.ts';
import { normals, PURPOSE } from '../../src/math/philox.ts';
import { SCALARS, type ScalarName } from '../../src/metrics/block.ts';
import { initialValues } from '../../src/model/initialise.ts';
import { mlpNetwork, type Network, parametersOf } from '../../src/model/network.ts';
import type { ExperimentInput, Init, Loss, NumberRange } from '../../src/model/schema.ts';
import { buildPlan } from '../../src/plan/build.ts';
import { HYPER, HYPER_WORDS } from '../../src/plan/records.ts';
import { Trainer } from '../../src/sweep/trainer.ts';
import { smallExperiment } from './plans.ts';

const sgd = { name: 'sgd', learningRate: 0.05, momentum: 0.9 } as const;
const clip = { rule: 'torch_norm', max: 0.5 } as const;
const mlp = { kind: 'mlp', depth: 4, width: 9 } as const;

/** Experiments whose numbers float32 holds. */
export const INSIDE: readonly (readonly [string, Loss, ExperimentInput])[] = [
  ['tanh, mse, clipped', 'mse', { model: { ...mlp, activation: 'tanh' }, optimizer: sgd, clip }],
  ['relu, cross-entropy', 'cross_entropy', { model: { ...mlp, activation: 'relu' }, optimizer: sgd }],
  [
    'softplus, large inputs',
    'mse',
    { model: { ...mlp, activation: 'softplus' }, task: { name: 'teacher', inputScale: 1e6 }, clip },
  ],
  ['batch norm, selu', 'cross_entropy', { model: { ...mlp, activation: 'selu', norm: 'batch' }, optimizer: { name: 'adam' } }],
  ['layer norm, gelu', 'mse', { model: { ...mlp, activation: 'gelu', norm: 'layer' }, optimizer: sgd }],
  ['RMS norm behind silu', 'mse', { model: { ...mlp, activation: 'silu', norm: 'rms', normPlacement: 'after' }, optimizer: sgd }],
  ['residual', 'mse', { model: { kind: 'residual_mlp', blocks: 3, width: 6, inner: 7 }, optimizer: { name: 'rmsprop' } }],
];

const ITERATIONS = 5;

/** What training and an evaluation leave behind: records, parameters and the gradients of every layer and parameter. */
async function trained(engine: Engine, loss: Loss, input: ExperimentInput, range: NumberRange): Promise<Map<string, number[]>> {
  const parsed = [1, 2].map((seed) => smallExperiment(loss, { ...input, seed, range }));
  const trainer = await Trainer.create(
    engine,
    parsed.map(({ experiment }) => experiment),
    parsed[0].dataset,
  );
  const { session } = trainer;
  const block = await trainer.advance(ITERATIONS);
  const left = new Map([['scalars', [...block.scalars]]]);
  for (const [r, records] of block.layers.entries())
    left.set(
      `layers of ${r}`,
      records.flatMap(({ words }) => [...words]),
    );
  const { network } = session.plan.groups[0];
  const parameters = parametersOf(network).map(({ name }) => name);
  for (const name of [...network.gradientLayers.map((z) => `d${z}`), ...parameters.flatMap((p) => [p, `grad.${p}`])]) {
    const stored = await readTensor(session, name, 2);
    const exponents = await readExponents(session, name, 2);
    left.set(
      name,
      [...stored].map((x, n) => x * 2 ** exponents[Math.floor((2 * n) / stored.length)]),
    );
  }
  const test = await trainer.evaluate();
  left.set('evaluation', [...test.loss, ...test.accuracy]);
  trainer.destroy();
  return left;
}

/** Inside float32 both ranges leave the same bits behind. */
export async function expectSameTraining(engine: Engine, loss: Loss, input: ExperimentInput): Promise<void> {
  const [ieee, extended] = [await trained(engine, loss, input, 'ieee'), await trained(engine, loss, input, 'extended')];
  const wrong = [...ieee].flatMap(([name, values]) => {
    const other = extended.get(name) ?? [];
    const n = values.findIndex((x, k) => x !== other[k] && !(Number.isNaN(x) && Number.isNaN(other[k])));
    return n < 0 ? [] : [`${name}[${n}] = ${values[n]} in ieee, ${other[n]} in extended`];
  });
  expect(wrong).toEqual([]);
}

/** The last iteration's scalars, and each layer's log2 ‖dL/dz‖ in it. */
export async function lastRecord(
  engine: Engine,
  loss: Loss,
  input: ExperimentInput,
  iterations: number,
): Promise<{ scalars: Readonly<Record<ScalarName, number>>; log2Dz: readonly number[] }> {
  const { experiment, dataset } = smallExperiment(loss, input);
  const trainer = await Trainer.create(engine, [experiment], dataset);
  const block = await trainer.advance(iterations);
  const words = block.scalars.slice((iterations - 1) * SCALARS.length);
  const scalars = Object.fromEntries(SCALARS.map((name, k) => [name, words[k]])) as Record<ScalarName, number>;
  const layers = trainer.session.plan.groups[0].network.gradientLayers.length;
  const log2Dz = [...(block.layers[0].at(-1)?.words.slice(0, layers) ?? [])];
  trainer.destroy();
  return { scalars, log2Dz };
}

export interface DeepRequest {
  /** Narrow networks of ReLUs die before they are deep. */
  readonly activation: 'relu' | 'leaky_relu';
  readonly depth: number;
  readonly width: number;
  readonly weightVariance: number;
}

const EXAMPLES = 4;
const SEED = 11;

function deepNetwork({ activation, depth, width }: DeepRequest): Network {
  const sizes = [...new Array<number>(depth + 1).fill(width), 3];
  return mlpNetwork({ sizes, activation, norm: 'none', hiddenBias: false, outputBias: false, loss: 'mse' });
}

function deepValues(network: Network, weightVariance: number): { x: Float32Array; target: Float32Array; W: Float32Array[] } {
  const init: Init = { scheme: 'scaled_normal', gain: 1, weightVariance, biasVariance: 0 };
  return {
    x: normals(SEED, PURPOSE.noise, 0, EXAMPLES * network.inputs, 1),
    target: normals(SEED, PURPOSE.noise, 1, EXAMPLES * network.outputs, 1),
    W: parametersOf(network).map((parameter, index) => initialValues(parameter, init, SEED, index)),
  };
}

/** log2 ‖dL/dz₀‖ of a deep network at its initial weights, as the engine measures it in the extended range. */
export async function deepGradient(engine: Engine, request: DeepRequest): Promise<number> {
  const network = deepNetwork(request);
  const plan = buildPlan({
    networks: [{ network, replicas: 1 }],
    batchSize: EXAMPLES,
    optimizer: 'sgd',
    range: 'extended',
    source: { kind: 'given' },
    layersEvery: 1,
    ring: 2,
    limits: engine.limits,
  });
  const session = await engine.load(plan);
  const { x, target, W } = deepValues(network, request.weightVariance);
  writeReplica(session, 'x', 0, x);
  writeReplica(session, 'target', 0, target);
  for (const [l, values] of W.entries()) writeReplica(session, `l${l}.weight`, 0, values);
  const hyper = new Float32Array(HYPER_WORDS);
  new Uint32Array(hyper.buffer)[HYPER.iterations] = 1;
  writeReplica(session, 'hyper', 0, hyper);
  await session.run('iteration', 1);
  const [norms] = await session.read([plan.tensors.get('norms') as never]);
  session.destroy();
  const { measured } = plan.groups[0];
  return log2Norm(joinEntries(norms, measured.filter((name) => name !== 'loss').indexOf('dz0'), 1));
}

/** A matrix of numbers · 2^exponent, kept near 1. */
interface Scaled {
  readonly values: Float64Array;
  readonly exponent: number;
}

function rescaled(values: Float64Array, exponent: number): Scaled {
  const largest = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const shift = largest === 0 ? 0 : Math.floor(Math.log2(largest));
  return { values: values.map((x) => x * 2 ** -shift), exponent: exponent + shift };
}

/** (EXAMPLES, n) times (n, m), or times the transpose of (m, n). */
function product(a: Float64Array, W: Float32Array, n: number, m: number, transposed: boolean): Float64Array {
  const out = new Float64Array(EXAMPLES * m);
  for (let b = 0; b < EXAMPLES; b++) {
    for (let i = 0; i < n; i++) {
      const x = a[b * n + i];
      if (x === 0) continue;
      for (let o = 0; o < m; o++) out[b * m + o] += x * (transposed ? W[o * n + i] : W[i * m + o]);
    }
  }
  return out;
}

/** The same in double precision, every layer rescaled by a power of two. */
export function deepGradientInDouble(request: DeepRequest): number {
  const network = deepNetwork(request);
  const { x, target, W } = deepValues(network, request.weightVariance);
  const { depth, width } = request;
  const slope = request.activation === 'relu' ? 0 : 0.01;
  let h: Scaled = { values: Float64Array.from(x), exponent: 0 };
  const z: Scaled[] = [];
  for (const [l, weights] of W.entries()) {
    z.push(rescaled(product(h.values, weights, width, l < depth ? width : network.outputs, false), h.exponent));
    h = { values: z[l].values.map((value) => (value > 0 ? value : slope * value)), exponent: z[l].exponent };
  }
  // dL/dz = 2 (z - t)/(B C), t next to nothing or z: whichever is smaller vanishes beside the other where they are far apart.
  const { values, exponent } = z[depth];
  const e = Math.max(exponent, 0);
  const top = values.map((value, n) => (2 * (value * 2 ** (exponent - e) - target[n] * 2 ** -e)) / (EXAMPLES * network.outputs));
  let dz = rescaled(top, e);
  for (let l = depth; l > 0; l--) {
    const dh = product(dz.values, W[l], l < depth ? width : network.outputs, width, true);
    dz = rescaled(
      dh.map((d, n) => (z[l - 1].values[n] > 0 ? d : slope * d)),
      dz.exponent,
    );
  }
  return dz.exponent + 0.5 * Math.log2(dz.values.reduce((sum, d) => sum + d * d, 0));
}
