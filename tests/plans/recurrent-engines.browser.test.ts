/** Whole recurrent plans, some iterations on a batch of sequences of different lengths, WebGPU against CPU, every tensor compared. */
import { describe, expect, test } from 'vitest';
import type { Engine, Session } from '../../src/engine/engine.ts';
import { readTensor, writeReplica } from '../../src/engine/tensor-io.ts';
import { type Network, parametersOf } from '../../src/model/network.ts';
import { type RecurrentSpec, recurrencesOf, recurrentNetwork } from '../../src/model/recurrent-network.ts';
import { CELLS, READOUTS } from '../../src/model/recurrent-schema.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { NO_LABEL } from '../../src/plan/records.ts';
import { differentTensors } from '../support/compare-plans.ts';
import { planOf } from '../support/plans.ts';
import { hyperOf, sequencesOf } from '../support/records.ts';
import { random, useEngines } from '../support/run-kernel.ts';
import { gamma } from '../support/tolerance.ts';

const engines = useEngines();

const [R, B, T] = [2, 5, 6];
const B4 = 8;

function networkOf(spec: Partial<RecurrentSpec>): Network {
  const usual = { inputs: 3, outputs: 4, cell: 'rnn', activation: 'tanh', layers: 1, hidden: 9, readout: 'last' } as const;
  return recurrentNetwork({ ...usual, truncation: 0, bias: true, steps: T, loss: 'cross_entropy', ...spec });
}

/** Of the replica's own, from 1 on. */
const lengthOf = (own: number, r: number, b: number) => 1 + ((3 * b + r) % own);

/** Writes one batch, all parameters and settings, the same on every engine. */
function fill(session: Session, network: Network, learningRate: number): void {
  const { plan } = session;
  const every = network.sequence?.readout === 'every';
  const outputs = every ? T * B4 : B;
  const own = (r: number) => plan.groups.find(({ first, count }) => r < first + count)?.network.sequence?.steps ?? T;
  const records = Array.from({ length: R }, (_, r) => {
    return { walk: own(r), steps: own(r), lengths: Array.from({ length: B }, (_, b) => lengthOf(own(r), r, b)) };
  });
  const words = sequencesOf(records);
  for (let r = 0; r < R; r++) {
    const isStep = (row: number) => row % B4 < B && Math.floor(row / B4) < lengthOf(own(r), r, row % B4);
    // Padding of the batch is 0, and has no label.
    const x = random(10 + r, T * B4 * network.inputs).map((value, n) => (isStep(Math.floor(n / network.inputs)) ? value : 0));
    writeReplica(session, 'x', r, x);
    const hasLabel = (row: number) => !every || isStep(row);
    const label = Uint32Array.from({ length: outputs }, (_, row) => (hasLabel(row) ? (row + r) % network.outputs : NO_LABEL));
    writeReplica(session, 'label', r, label);
    if (network.loss === 'mse') writeReplica(session, 'target', r, random(20 + r, outputs * network.outputs));
    writeReplica(session, 'sequence', r, words.slice((r * words.length) / R, ((r + 1) * words.length) / R));
    const hyper = hyperOf([{ learning_rate: learningRate, momentum: 0.9, iterations: 100 }]);
    writeReplica(session, 'hyper', r, new Float32Array(hyper.buffer));
    parametersOf(network).forEach(({ name, role, rows, columns }, k) => {
      // A gain of about 1 in each product.
      const std = role === 'weight' ? 1 / Math.sqrt(rows) : 0.3;
      writeReplica(session, name, r, random(100 * r + k + 30, rows * columns, std));
    });
  }
}

async function open(engine: Engine, network: Network, request: Parameters<typeof planOf>[1] = {}): Promise<Session> {
  const session = await engine.load(planOf(network, { replicas: R, batchSize: B, limits: engine.limits, ...request }));
  fill(session, network, 0.05);
  return session;
}

/**
 * In one iteration a tensor's relative error, in the sense of its largest element, grows at most by γ_K per step of the plan and per
 * step of a walk there and back, K the longest reduction and 40 for the built-in functions of a cell; the steps have a gain of
 * about 1. n iterations: n times the error of one, of which parameters take over less than the whole.
 */
function growth(plan: Plan, network: Network, iterations: number): number {
  const walked = recurrencesOf(network).reduce((sum, { steps }) => sum + 2 * steps, 0);
  // Units of all gates, or the rows of all steps.
  const longest = Math.max(4 * Math.max(...recurrencesOf(network).map(({ hidden }) => hidden)), T * B4);
  return iterations * (plan.iteration.length + walked) * gamma(longest + 40);
}

async function compare(network: Network, request?: Parameters<typeof planOf>[1]): Promise<void> {
  const { gpu, cpu } = engines();
  const [device, reference] = [await open(gpu, network, request), await open(cpu, network, request)];
  for (const [iterations, more] of [
    [1, 1],
    [4, 3],
  ]) {
    await Promise.all([device.run('iteration', more), reference.run('iteration', more)]);
    const found = await differentTensors(device, reference, growth(device.plan, network, iterations));
    expect(found, `after ${iterations} iterations`).toEqual([]);
  }
  // Something has been learnt from: no gradient is 0.
  for (const { name } of parametersOf(network)) {
    expect(
      (await readTensor(device, `grad.${name}`, R)).some((d) => d !== 0 && Number.isFinite(d)),
      name,
    ).toBe(true);
  }
  device.destroy();
  reference.destroy();
}

describe('every tensor of a recurrent plan is the same on GPU and CPU after 1 and 4 iterations:', () => {
  const forms = CELLS.flatMap((cell) => READOUTS.map((readout) => ({ cell, readout })));
  test.each(forms)('$cell, read out $readout, 1 layer', async (spec) => {
    await compare(networkOf(spec));
  });
  test.each(forms)('$cell, read out $readout, 2 layers, mse, no biases', async (spec) => {
    await compare(networkOf({ ...spec, layers: 2, loss: 'mse', bias: false }));
  });
  test.each(['relu', 'linear'] as const)('rnn with %s, 2 layers', async (activation) => {
    await compare(networkOf({ activation, layers: 2 }));
  });
  test.each(CELLS)('%s, truncated to 2 steps, a loss at each', async (cell) => {
    await compare(networkOf({ cell, readout: 'every', truncation: 2 }));
  });
  test.each(CELLS)('%s, replicas of 6 and of 4 steps', async (cell) => {
    const network = networkOf({ cell });
    await compare(network, {
      networks: [
        { network, replicas: 1 },
        { network: networkOf({ cell, steps: 4 }), replicas: 1 },
      ],
    });
  });
  test.each(CELLS)('%s with layer norm, 2 layers, a loss at each step', async (cell) => {
    await compare(networkOf({ cell, norm: 'layer', layers: 2, readout: 'every' }));
  });
  test('rnn of 260 units with layer norm: three dispatches each step, and two back', async () => {
    const network = networkOf({ hidden: 260, norm: 'layer', steps: 2 });
    const { iteration } = planOf(network, { replicas: R, batchSize: B });
    const count = (kernel: string) => iteration.filter((step) => step.kernel === kernel).length;
    expect(['forward', 'backward', 'affine'].map((part) => count(`recurrent_norm_${part}`))).toEqual([6, 4, 1]);
  });
  test('rnn of 260 units, which more than one workgroup shares: a dispatch each step', async () => {
    const network = networkOf({ hidden: 260 });
    const { iteration } = planOf(network, { replicas: R, batchSize: B });
    const count = (kernel: string) => iteration.filter((step) => step.kernel === kernel).length;
    expect([count('recurrent_forward'), count('recurrent_backward')]).toEqual([T, T]);
    await compare(network);
  });
});

describe('control:', () => {
  const network = networkOf({ cell: 'gru', layers: 2 });

  async function changed(change: (session: Session) => Promise<void> | void): Promise<string[]> {
    const { gpu, cpu } = engines();
    const [device, reference] = [await open(gpu, network), await open(cpu, network)];
    await change(device);
    await Promise.all([device.run('iteration', 1), reference.run('iteration', 1)]);
    const found = await differentTensors(device, reference, growth(device.plan, network, 1));
    device.destroy();
    reference.destroy();
    return found.map((line) => line.split(':')[0]);
  }

  test('a recurrent weight that is off by a tenth is named, with the tensors that follow from it', async () => {
    const named = await changed(async (session) => {
      const values = await readTensor(session, 'l0.hh.weight', R);
      const own = values.slice(0, values.length / R);
      // Row 0, gate n, unit 3.
      own[2 * 9 + 3] += 0.1 * Math.max(...own);
      writeReplica(session, 'l0.hh.weight', 0, own);
    });
    expect(named).toEqual(
      expect.arrayContaining(['l0.hh.weight', 'h0', 'h0.prev', 'h0.cache', 'h1', 'y', 'out', 'grad.l0.hh.weight']),
    );
    expect(named).not.toContain('a0');
  });

  test('an example that is a step shorter is named, with what is read out of it', async () => {
    const named = await changed((session) => {
      // Of 1 + 3 b mod 6, example 1 has 4 steps.
      const lengths = Array.from({ length: B }, (_, b) => lengthOf(T, 0, b) - Number(b === 1));
      writeReplica(session, 'sequence', 0, sequencesOf([{ walk: T, steps: T, lengths }]));
    });
    expect(named).toEqual(expect.arrayContaining(['sequence', 'h0', 'y', 'dh1', 'da0', 'grad.head.weight']));
    expect(named).not.toContain('a0');
  });
});
