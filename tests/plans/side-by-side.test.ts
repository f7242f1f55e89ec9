/** Runs side by side, of one plan or of two: what each records is what it records alone. */
import { describe, expect, test } from 'vitest';
import { readAsset } from '../../src/cli/files.ts';
import { loadDataset } from '../../src/data/load.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { Experiment, Task } from '../../src/model/schema.ts';
import { SideBySide } from '../../src/sweep/side-by-side.ts';
import { wasmEngine } from '../support/run-kernel.ts';
import { mlp, recorded, small as run, trainSideBySide } from '../support/side-by-side.ts';

const datasetOf = (task: Task) => loadDataset(task, readAsset);
const train = (experiments: readonly Experiment[], limits?: readonly number[]) =>
  trainSideBySide(wasmEngine(), datasetOf, experiments, limits);

const A = run({ model: mlp(3) });
const PAIRS: readonly (readonly [string, Experiment, number])[] = [
  ['another seed: one plan', run({ model: mlp(3), seed: 2 }), 1],
  ['another depth', run({ model: mlp(6) }), 2],
  ['another range', run({ model: mlp(3), range: 'extended' }), 2],
  ['another optimizer', run({ model: mlp(3), optimizer: { name: 'adam' } }), 2],
  ['another data set and batch size', run({ model: mlp(3), task: { name: 'wine' }, batchSize: 4 }), 2],
  ['a regression', run({ model: mlp(3), task: { name: 'teacher' } }), 2],
  ['a residual network', run({ model: { kind: 'residual_mlp', blocks: 3, width: 8, inner: 8 } }), 2],
  ['a clip rule with steps of its own', run({ model: mlp(3), clip: { rule: 'adaptive', ratio: 0.01 } }), 2],
  ['another cadence of evaluation', run({ model: mlp(3), probes: { layersEvery: 3, testEvery: 4 } }), 2],
  ['one that ends earlier', run({ model: mlp(4), iterations: 7 }), 2],
  ['one that ends earlier, of the same plan', run({ model: mlp(3), iterations: 7 }), 1],
  ['one that diverges and stops', run({ model: mlp(4), nonFinite: 'stop', optimizer: { name: 'sgd', learningRate: 1e30 } }), 2],
];

describe('a run beside another one has the bits that it has alone', () => {
  const alone = (experiment: Experiment) => train([experiment]);

  test.each(PAIRS)('%s', async (_, other, plans) => {
    const own = [await alone(A), await alone(other)].map(({ traces }) => recorded(traces[0]));
    for (const [pair, expected] of [
      [[A, other], own],
      [[other, A], [...own].reverse()],
    ] as const) {
      const { traces, finished, parts } = await train(pair);
      expect(finished).toBe(true);
      expect(parts).toBe(plans);
      expect(traces.map(recorded)).toEqual(expected);
    }
  });

  test('control: another depth gives another curve', async () => {
    const [a, b] = [A, PAIRS[1][1]];
    expect(recorded((await alone(a)).traces[0]).series.loss).not.toEqual(recorded((await alone(b)).traces[0]).series.loss);
  });

  test('also when they pause on the way', async () => {
    const [, other] = PAIRS[9];
    const straight = await train([A, other]);
    const paused = await train([A, other], [1, 2, 5]);
    expect(paused.traces.map(recorded)).toEqual(straight.traces.map(recorded));
  });
});

test('a run is evaluated at its own cadence and after its own last iteration', async () => {
  const short = run({ model: mlp(4), iterations: 7, probes: { testEvery: 3 } });
  const never = run({ model: mlp(5), probes: { testEvery: 0 } });
  const { traces } = await train([A, short, never]);
  const tested = traces.map(({ tests }) => tests.map(({ iteration }) => iteration));
  expect(tested).toEqual([[5, 10, 12], [3, 6, 7], [12]]);
});

test('a live change reaches the run that it is meant for, whichever plan that is', async () => {
  const other = run({ model: mlp(5) });
  const faster = { ...other, optimizer: { ...other.optimizer, learningRate: 0.5 } };
  const losses = async (second: Experiment) => {
    const runs = await SideBySide.create(wasmEngine(), [A, other], datasetOf);
    await runs.advance(2);
    runs.retune([A, second]);
    const { scalars, replicas } = await runs.advance(3);
    runs.destroy();
    const width = scalars.length / 3 / replicas;
    return [0, 1].map((r) => [0, 1, 2].map((k) => scalars[(k * replicas + r) * width + 1]));
  };
  const [same, changed] = [await losses(other), await losses(faster)];
  expect(changed[0]).toEqual(same[0]);
  // The first loss after the change comes before the first update at the new rate.
  expect(changed[1][0]).toBe(same[1][0]);
  expect(changed[1][2]).not.toBe(same[1][2]);
});

test('when the second plan does not fit, the first is let go', async () => {
  const engine = wasmEngine();
  const destroyed: boolean[] = [];
  let loads = 0;
  const failing: Engine = {
    report: engine.report,
    limits: engine.limits,
    destroy: () => undefined,
    load: async (plan) => {
      if (++loads === 2) throw new Error('too large');
      const session = await engine.load(plan);
      const destroy = session.destroy.bind(session);
      session.destroy = () => {
        destroyed.push(true);
        destroy();
      };
      return session;
    },
  };
  await expect(SideBySide.create(failing, [A, run({ model: mlp(9) })], datasetOf)).rejects.toThrow('too large');
  expect(destroyed).toEqual([true]);
});

test('each run is told the known results of its own task; control: a task without steps has none', async () => {
  const adding = run({ model: { kind: 'recurrent', hidden: 4 }, task: { name: 'adding', length: 5 }, batchSize: 4 });
  const runs = await SideBySide.create(wasmEngine(), [A, adding], datasetOf);
  // A sum of two numbers uniform in [0, 1) has variance 1/6.
  expect(runs.baselines).toEqual([[], [{ name: 'always 1', loss: 1 / 6 }]]);
  runs.destroy();
});
