import { expect, test } from 'vitest';
import { recurrentTable } from '../../../src/bench/print.ts';
import type { RecurrentReport } from '../../../src/bench/recurrent.ts';
import { noiseOf, recurrentExperiment } from '../../../src/bench/recurrent-workload.ts';
import { lineThrough } from '../../../src/bench/statistics.ts';

test('the recurrent workload has 64 units, 8 inputs, 10 classes and a batch of 32, and draws the same batch each time', () => {
  expect(recurrentExperiment('gru', 256)).toMatchObject({
    task: { length: 256 },
    model: { kind: 'recurrent', cell: 'gru', layers: 1, hidden: 64, activation: 'tanh', readout: 'last', truncation: 0 },
    optimizer: { name: 'sgd', learningRate: 0.01, momentum: 0, weightDecay: 0 },
    clip: { rule: 'torch_norm', max: 1 },
    batchSize: 32,
    probes: { layers: 'gradients', layersEvery: 1 },
  });
  const { inputs, outputs, sequence, train } = noiseOf(256);
  expect([inputs, outputs, sequence?.kind, train.n, train.x.length]).toEqual([8, 10, 'frames', 32, 32 * 256 * 8]);
});

test('a line of least squares has slope, intercept and the share of the variance that it explains', () => {
  expect(lineThrough([1, 2, 4], [5, 7, 11])).toEqual({ slope: 2, intercept: 3, r2: 1 });
  // Means 1 and 1; sums of squares about them 2 and 6, of products 3: slope 3/2, R² 9/12.
  expect(lineThrough([0, 1, 2], [0, 0, 3])).toEqual({ slope: 1.5, intercept: -0.5, r2: 0.75 });
});

test('the table has milliseconds, microseconds a step and the line', () => {
  const timing = { median: 12.8, min: 10, spread: 0.1, samples: 9 };
  const first = { loss: 2, gradientNorm: 1, weightNorms: [], stateNorms: [] };
  const result = {
    steps: 64,
    dispatches: 20,
    bytes: 2e6,
    compileMs: 300,
    iteration: timing,
    cpuMs: 15,
    stepUs: 200,
    gflops: 5,
    first,
  };
  const fit = { median: { slope: 0.2, intercept: -0.5, r2: 0.999 }, cpu: { slope: 0.1, intercept: 0, r2: 1 } };
  const report: RecurrentReport = { adapter: 'an adapter', cell: 'rnn', results: [result], fit };
  const text = recurrentTable(report);
  expect(text).toMatch(/^64 +12\.8 +10\.0 +10 % +15\.0 +200 +5\.00 +20 +2\.00 +300$/m);
  expect(text).toContain('medians: 0.200 ms × steps − 0.500 ms, R² 0.99900\nprocessor time: 0.100 ms × steps + 0 ms, R² 1.00000');
  expect(recurrentTable({ ...report, fit: undefined })).not.toContain('R²');
  const peer = { compileMs: 1, iteration: timing, first, ratio: 10, ratioOfMin: 8, difference: 2e-3 };
  expect(recurrentTable({ ...report, results: [{ ...result, peer }], peer: 'a peer' })).toMatch(
    /10\.0× +8\.00× +2\.0e-3 TOO FAR$/,
  );
});
