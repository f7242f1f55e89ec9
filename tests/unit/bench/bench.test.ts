import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../../src/bench/command.ts';
import { measureInTurns, type Side } from '../../../src/bench/measure.ts';
import { digits, table } from '../../../src/bench/print.ts';
import { quantile, timingOf } from '../../../src/bench/statistics.ts';
import { largestDifference } from '../../../src/bench/step.ts';
import { experimentOf } from '../../../src/bench/workload.ts';

describe('arguments', () => {
  test('step measures depths 16, 64 and 256 for 4 s on the GPU without a peer', () => {
    expect(parseOptions(['step'])).toEqual({
      command: 'step',
      depths: [16, 64, 256],
      lengths: [],
      cell: 'rnn',
      engine: 'gpu',
      peers: false,
      seconds: 4,
      rounds: 3,
      replicas: 1,
      width: 64,
      batch: 16,
      json: false,
    });
  });
  test('depth measures 100, 1,000 and 10,000 layers of width 64', () => {
    expect(parseOptions(['depth', '--batch', '64'])).toMatchObject({ depths: [100, 1000, 10_000], width: 64, batch: 64 });
  });
  test('recurrent measures 64, 256 and 1,024 steps of a vanilla cell', () => {
    expect(parseOptions(['recurrent', '--peers'])).toMatchObject({ lengths: [64, 256, 1024], cell: 'rnn', peers: true });
    expect(parseOptions(['recurrent', '--lengths', '20', '--cell', 'gru'])).toMatchObject({ lengths: [20], cell: 'gru' });
  });
  test('kernels profiles depth 64', () => {
    expect(parseOptions(['kernels', '--engine', 'cpu'])).toMatchObject({ command: 'kernels', depths: [64], engine: 'cpu' });
  });
  test.each([
    [[], 'step, sweep, recurrent, kernels, probes, depth or page'],
    [['stepp'], '"stepp"'],
    [['step', 'more'], '"more"'],
    [['step', '--depths', '16,x'], '--depths 16,x'],
    [['step', '--depths', '0'], 'from 1 to 10000'],
    [['step', '--engine', 'auto'], 'valid is gpu or cpu'],
    [['step', '--seconds', '0'], '--seconds 0'],
    [['kernels', '--peers'], '--peers belongs to step, sweep and recurrent'],
    [['depth', '--peers'], '--peers belongs to step, sweep and recurrent'],
    [['recurrent', '--peers', '--cell', 'gru'], '--peers has no cell but rnn'],
    [['recurrent', '--cell', 'elman'], '--cell elman: valid is rnn, lstm or gru'],
    [['recurrent', '--lengths', '19'], '--lengths 19: valid is a list like 64,256 of whole numbers from 20 to 10000'],
    [['recurrent', '--depths', '64'], '--depths belongs to networks without --lengths'],
    [['step', '--lengths', '64'], '--lengths and --cell belong to recurrent and kernels'],
    [['probes', '--cell', 'lstm'], '--lengths and --cell belong to recurrent and kernels'],
    [['depth', '--width', '0'], '--width 0: valid is a whole number from 1 to 4096'],
    [['step', '--batch', '16'], '--width and --batch belong to depth'],
    [['sweep', '--rounds', '0'], '--rounds 0: valid is a whole number from 1 to 100'],
    [['kernels', '--replicas', '1.5'], '--replicas 1.5'],
    [['step', '--deep'], '--deep'],
  ])('%j is refused', (args, message) => {
    expect(() => parseOptions(args)).toThrow(message);
  });
});

test('the workload is 64 inputs wide with a batch of 64, ReLU, He, SGD and clip 1', () => {
  expect(experimentOf(64)).toMatchObject({
    task: { name: 'digits8' },
    model: { kind: 'mlp', depth: 64, width: 64, activation: 'relu', bias: true, init: { scheme: 'he_normal' } },
    optimizer: { name: 'sgd', learningRate: 0.01, momentum: 0, weightDecay: 0 },
    clip: { rule: 'torch_norm', max: 1 },
    batchSize: 64,
    probes: { layersEvery: 1 },
  });
});

describe('statistics', () => {
  test('a quantile lies between its neighbours in proportion', () => {
    // Sorted 1 2 3 4: the median lies half-way between 2 and 3, the lower quartile three quarters of the way from 1 to 2.
    expect([quantile([4, 1, 3, 2], 0.5), quantile([4, 1, 3, 2], 0.25)]).toEqual([2.5, 1.75]);
  });
  test('a timing has median, minimum and the quartiles’ distance over the median', () => {
    expect(timingOf([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, spread: (3.25 - 1.75) / 2.5, samples: 4 });
    expect(() => timingOf([])).toThrow(RangeError);
  });
});

describe('agreement of the first iterations', () => {
  const first = { loss: 2, gradientNorm: 4, weightNorms: [1, 8], stateNorms: [0.5] };
  test('is the largest relative difference of loss and norms', () => {
    expect(largestDifference(first, first)).toBe(0);
    expect(largestDifference(first, { ...first, weightNorms: [1, 10] })).toBeCloseTo(0.2, 12);
    expect(largestDifference(first, { ...first, stateNorms: [0.25] })).toBe(0.5);
  });
  test('NaN on one side is no agreement', () => {
    expect(largestDifference(first, { ...first, loss: Number.NaN })).toBeNaN();
  });
});

test('sides take turns until each has had its time, and three blocks', async () => {
  const order: string[] = [];
  const side = (name: string, turnMs: number): Side => ({
    ms: [],
    spent: 0,
    async turn() {
      order.push(name);
      this.ms.push(turnMs);
      this.spent += turnMs;
    },
  });
  // 1 s: a needs four turns of 250 ms, b has had enough time after one of 2 s and still takes three.
  await measureInTurns([side('a', 250), side('b', 2000)], 1);
  expect(order.join('')).toBe('abababa');
});

test('numbers have three significant digits, columns are aligned', () => {
  expect([0.01234, 1.234, 12.34, 123.4, 0, Number.POSITIVE_INFINITY].map(digits)).toEqual([
    '0.0123',
    '1.23',
    '12.3',
    '123',
    '0',
    'Infinity',
  ]);
  expect(
    table([
      ['kernel', 'ms'],
      ['add', '12.5'],
    ]),
  ).toBe('kernel    ms\nadd     12.5');
});
