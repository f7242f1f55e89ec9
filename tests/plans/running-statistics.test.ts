import { expect, test } from 'vitest';
import { CpuEngine } from '../../src/engine/cpu/engine.ts';
import { readTensor, writeReplica } from '../../src/engine/tensor-io.ts';
import { normals, PURPOSE } from '../../src/math/philox.ts';
import { parseExperiment } from '../../src/model/experiment.ts';
import { mlpNetwork } from '../../src/model/network.ts';
import { buildPlan } from '../../src/plan/build.ts';
import { hyperWords } from '../../src/plan/hyper.ts';
import { HYPER } from '../../src/plan/records.ts';

const [B, C] = [6, 3];
const engine = new CpuEngine({ engine: 'cpu', why: 'test' });

/** One batch-norm network with identity weights in front of the norm, so that the norm's input is the batch itself. */
async function runningAfter(iterations: number, limit: number): Promise<{ running: Float32Array; x: Float32Array }> {
  const network = mlpNetwork({
    sizes: [C, C, 1],
    activation: 'relu',
    norm: 'batch',
    hiddenBias: false,
    outputBias: false,
    loss: 'mse',
  });
  const plan = buildPlan({
    networks: [{ network, replicas: 1 }],
    batchSize: B,
    optimizer: 'sgd',
    // One batch an epoch, and the statistics do not depend on its order.
    source: { kind: 'drawn', train: B, test: B },
    layersEvery: 1,
    ring: 4,
    limits: engine.limits,
  });
  const session = await engine.load(plan);
  const x = normals(1, PURPOSE.noise, 0, B * C, 2);
  const identity = Float32Array.from({ length: C * C }, (_, i) => Number(i % (C + 1) === 0));
  writeReplica(session, 'train.x', 0, x);
  writeReplica(session, 'l0.weight', 0, identity);
  const words = hyperWords(parseExperiment({ iterations: limit }));
  // No learning: every batch is the same.
  words[HYPER.learning_rate] = 0;
  writeReplica(session, 'hyper', 0, words);
  writeReplica(session, 'bn0.running', 0, new Float32Array([0, 0, 0, 1, 1, 1]));
  await session.run('iteration', iterations);
  return { running: await readTensor(session, 'bn0.running', 1), x };
}

/** torch.nn.BatchNorm1d, momentum 0.1, from mean 0 and variance 1, after `updates` equal batches; the variance unbiased. */
function expected(x: Float32Array, updates: number): number[] {
  const column = (c: number) => Array.from({ length: B }, (_, b) => x[b * C + c]);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / B;
  const columns = Array.from({ length: C }, (_, c) => column(c));
  const kept = 0.9 ** updates;
  return [
    ...columns.map((values) => (1 - kept) * mean(values)),
    ...columns.map(
      (values) => kept + ((1 - kept) * values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0)) / (B - 1),
    ),
  ];
}

test.each([1, 2])(
  'the running statistics hold every batch from the first on, as torch’s do (%i iterations)',
  async (iterations) => {
    const { running, x } = await runningAfter(iterations, 100);
    // Numbers of size below 10, a handful of roundings to float32 each: 10 · 8 · 2^-24 = 4.8e-6.
    for (const [n, value] of expected(x, iterations).entries())
      expect(Math.abs(running[n] - value), `word ${n}`).toBeLessThan(4.8e-6);
  },
);

test('and no batch after the run’s last iteration', async () => {
  const { running, x } = await runningAfter(3, 1);
  for (const [n, value] of expected(x, 1).entries()) expect(Math.abs(running[n] - value), `word ${n}`).toBeLessThan(4.8e-6);
});
