/** Whole plans on the CPU engine: WebAssembly against twins, replicas alone and among others, and where SIMD is missing. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { CpuEngine } from '../../../src/engine/cpu/engine.ts';
import { tensorOf, writeReplica } from '../../../src/engine/tensor-io.ts';
import { LimitError } from '../../../src/model/errors.ts';
import type { ExperimentInput } from '../../../src/model/schema.ts';
import { Trainer } from '../../../src/sweep/trainer.ts';
import { differentTensors } from '../../support/compare-plans.ts';
import { expectIndependence, expectOtherSeedDiffers, NEIGHBOUR_CASES } from '../../support/neighbours.ts';
import { planOf, smallExperiment, smallMlp } from '../../support/plans.ts';
import { hyperOf } from '../../support/records.ts';
import { random, twinEngine, wasmEngine } from '../../support/run-kernel.ts';
import { gamma } from '../../support/tolerance.ts';

const DEPTH = 4;
const WIDTH = 21;
const ITERATIONS = 6;

const mlp = (activation: 'relu' | 'leaky_relu' | 'linear' | 'gelu', more: object = {}) =>
  ({ kind: 'mlp', depth: DEPTH, width: WIDTH, activation, ...more }) as const;
const CASES: readonly [string, ExperimentInput][] = [
  [
    'relu, sgd with momentum, clipped',
    { model: mlp('relu'), optimizer: { name: 'sgd', learningRate: 0.05, momentum: 0.9 }, clip: { rule: 'torch_norm', max: 0.5 } },
  ],
  ['leaky relu, plain sgd', { model: mlp('leaky_relu'), optimizer: { name: 'sgd', learningRate: 0.05 } }],
  // An epsilon of 0.1 keeps the adaptive steps smooth: with 1e-8 a gradient that is 0 but for rounding moves its weight by ±lr.
  ['linear, adam', { model: mlp('linear'), optimizer: { name: 'adam', learningRate: 0.01, epsilon: 0.1 } }],
  [
    'gelu, batch norm, rmsprop',
    { model: mlp('gelu', { norm: 'batch' }), optimizer: { name: 'rmsprop', learningRate: 0.01, epsilon: 0.1 } },
  ],
  [
    'gelu, RMS norm behind the activation',
    {
      model: mlp('gelu', { norm: 'rms', normPlacement: 'after' }),
      optimizer: { name: 'sgd', learningRate: 0.05, schedule: { name: 'one_cycle' } },
      iterations: 6,
    },
  ],
];

async function open(engine: CpuEngine, experiment: ExperimentInput): Promise<Trainer> {
  const parsed = [1, 2].map((seed) => smallExperiment('cross_entropy', { ...experiment, seed }));
  return Trainer.create(
    engine,
    parsed.map((one) => one.experiment),
    parsed[0].dataset,
  );
}

describe.each(CASES)(`${DEPTH} hidden layers, %s`, (_, experiment) => {
  test(`every tensor is the twins' after 1 and ${ITERATIONS} iterations and an evaluation`, async () => {
    const [wasm, twins] = [await open(wasmEngine(), experiment), await open(twinEngine(), experiment)];
    // Per step the error grows at most by γ of the longest sum, and n iterations have n times the error of one.
    const growth = (n: number) => n * wasm.session.plan.iteration.length * gamma(WIDTH + 4);
    await Promise.all([wasm.advance(1), twins.advance(1)]);
    expect(await differentTensors(wasm.session, twins.session, growth(1))).toEqual([]);
    await Promise.all([wasm.advance(ITERATIONS - 1), twins.advance(ITERATIONS - 1)]);
    expect(await differentTensors(wasm.session, twins.session, growth(ITERATIONS))).toEqual([]);
    await Promise.all([wasm.evaluate(), twins.evaluate()]);
    expect(await differentTensors(wasm.session, twins.session, growth(ITERATIONS))).toEqual([]);
  });
});

test('control: a weight that is off by a hundredth is named', async () => {
  // Without dead units, so that every weight has an effect.
  const linear = CASES[2][1];
  const [wasm, twins] = [await open(wasmEngine(), linear), await open(twinEngine(), linear)];
  const weight = tensorOf(twins.session, 'l1.weight');
  const [words] = await twins.session.read([weight]);
  const weights = new Float32Array(words.buffer, words.byteOffset, words.length);
  weights[3] += 0.01 * Math.max(...weights);
  wasm.session.write(weight, weights);
  await Promise.all([wasm.advance(1), twins.advance(1)]);
  const found = await differentTensors(wasm.session, twins.session, wasm.session.plan.iteration.length * gamma(WIDTH + 4));
  expect(found.map((line) => line.split(':')[0])).toEqual(expect.arrayContaining(['l1.weight', 'z1', 'norms']));
});

describe.each(NEIGHBOUR_CASES)("$name: a replica's trace has the same bits alone and among others", ({ loss, experiment }) => {
  test('in WebAssembly', () => expectIndependence(wasmEngine(), loss, experiment, [0, 2, 3]));
  test('control: another seed has another trace', () => expectOtherSeedDiffers(wasmEngine(), loss, experiment));
});

describe('where WebAssembly SIMD is missing', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test.each([
    ['WebAssembly', undefined],
    ['SIMD', { validate: () => false }],
  ])('without %s the twins do the work, and the report says so', async (_, stub) => {
    vi.stubGlobal('WebAssembly', stub);
    const engine = new CpuEngine({ engine: 'cpu', why: 'The CPU engine was asked for.' });
    expect(engine.report.why).toMatch(/^The CPU engine was asked for\. WebAssembly SIMD is missing here.*\.$/);
    const [here, twins] = [await open(engine, CASES[0][1]), await open(twinEngine(), CASES[0][1])];
    await Promise.all([here.advance(2), twins.advance(2)]);
    expect(await differentTensors(here.session, twins.session, 0)).toEqual([]);
  });

  test('control: with it the report is left alone', () => {
    expect(wasmEngine().report.why).toBe('a test');
  });
});

describe('memory', () => {
  test('above 2 GiB is addressed like any other', async () => {
    const plan = planOf(smallMlp(), { replicas: 2 });
    // A buffer of 2.1 GB in front, which nothing touches, shifts all others up.
    const far = (range: { buffer: number }) => ({ ...range, buffer: range.buffer + 1 });
    const shifted = {
      ...plan,
      buffers: [{ name: 'unused', words: 2.1e9 / 4 }, ...plan.buffers],
      tensors: new Map([...plan.tensors].map(([name, tensor]) => [name, { ...tensor, ...far(tensor) }])),
      iteration: plan.iteration.map((step) => ({
        ...step,
        bindings: Object.fromEntries(Object.entries(step.bindings).map(([name, range]) => [name, far(range)])),
      })) as unknown as typeof plan.iteration,
    };
    const run = async (one: typeof plan) => {
      const session = await wasmEngine().load(one);
      for (const [k, name] of ['x', 'target', 'l0.weight', 'l1.weight', 'l2.weight', 'l3.weight'].entries()) {
        const { rows, columns } = tensorOf(session, name);
        for (const r of [0, 1]) writeReplica(session, name, r, random(10 * k + r, rows * columns));
      }
      const settings = { iterations: 9, learning_rate: 0.1, momentum: 0.9 };
      session.write(tensorOf(session, 'hyper'), hyperOf([settings, settings]));
      await session.run('iteration', 3);
      const words = await session.read([...one.tensors.values()]);
      session.destroy();
      return words;
    };
    let words: Uint32Array[];
    try {
      words = await run(shifted as typeof plan);
    } catch (error) {
      // A machine that has not got so much to give says so in the engine's words.
      expect(error).toBeInstanceOf(LimitError);
      return;
    }
    expect(words).toEqual(await run(plan));
  });

  test('is let go of by a session that is destroyed', async () => {
    const plan = planOf(smallMlp());
    const big = { ...plan, buffers: [...plan.buffers, { name: 'unused', words: 2 ** 27 }] };
    // 200 sessions of half a GiB each: more than a process can have at once.
    for (let n = 0; n < 200; n++) (await wasmEngine().load(big)).destroy();
  });
});
