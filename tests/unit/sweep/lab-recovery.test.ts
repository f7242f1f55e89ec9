/** The Lab's runs when their device is lost: the same bits on another one, and what is done meanwhile. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { readAsset } from '../../../src/cli/files.ts';
import { loadDataset } from '../../../src/data/load.ts';
import { DeviceLostError, type Engine } from '../../../src/engine/engine.ts';
import type { EngineChoice } from '../../../src/engine/report.ts';
import type { Experiment } from '../../../src/model/schema.ts';
import { LabRecovery } from '../../../src/sweep/lab-recovery.ts';
import { LabRuns } from '../../../src/sweep/lab-runs.ts';
import { losing } from '../../support/cohorts.ts';
import { type LabSetUp, MemoryLabStore, openLab } from '../../support/lab.ts';
import { wasmEngine } from '../../support/run-kernel.ts';
import { mlp, small } from '../../support/side-by-side.ts';

const engine = wasmEngine();
const datasetOf: LabSetUp['datasetOf'] = (task) => loadDataset(task, readAsset);
const RUNS: readonly Experiment[] = [
  small({ model: mlp(3), optimizer: { name: 'adam', learningRate: 0.01 } }),
  small({ model: { ...mlp(2), norm: 'batch' }, iterations: 9 }),
];

/** Trains to the end, through a loss of the device a little after iteration 5, at which a state is kept. */
async function throughLoss(budget = 2 ** 28) {
  const lossAt: number[] = [];
  const { lab, all, events } = await openLab(losing(engine, lossAt), RUNS, { datasetOf, budget, store: new MemoryLabStore() });
  await lab.run(5);
  await lab.keep();
  lossAt.push(...Array(100).keys());
  await expect(lab.run()).rejects.toThrow(DeviceLostError);
  const next = await LabRuns.goOn(lab, engine, datasetOf);
  lab.destroy();
  const { iteration } = next.runs;
  expect(events.at(-1)).toEqual({ type: 'back', iteration, experiments: RUNS });
  expect(await next.run()).toBe(true);
  return { all: all(), iteration };
}

describe('runs whose device is lost', () => {
  test('go on from the latest state in memory with the same bits; without one from iteration 0', async () => {
    const { lab, all } = await openLab(engine, RUNS, { datasetOf });
    await lab.run();
    expect(await throughLoss()).toEqual({ all: all(), iteration: 5 });
    expect(await throughLoss(1)).toEqual({ all: all(), iteration: 0 });
  });
});

describe('a device that is lost', () => {
  afterEach(() => {
    vi.useRealTimers();
  });
  const loss = new DeviceLostError('unknown', '');
  let opened: EngineChoice[] = [];
  const recovery = (clock: { ms: number }) => {
    opened = [];
    const open = (choice: EngineChoice) => {
      opened.push(choice);
      return Promise.resolve({} as Engine);
    };
    return new LabRecovery(open, () => clock.ms);
  };

  test('is replaced at once, after a wait, by the CPU engine; each time it is told', async () => {
    vi.useFakeTimers();
    const clock = { ms: 0 };
    const lab = recovery(clock);
    const told: string[] = [];
    await lab.reopen(loss, (message) => told.push(message));
    clock.ms = 1000;
    const second = lab.reopen(loss, (message) => told.push(message));
    await vi.advanceTimersByTimeAsync(124_000);
    expect(opened).toEqual(['gpu']);
    await vi.advanceTimersByTimeAsync(1_000);
    await second;
    await lab.reopen(loss, (message) => told.push(message));
    expect(opened).toEqual(['gpu', 'gpu', 'cpu']);
    expect(told).toEqual([
      expect.stringMatching(/lost the GPU device \(unknown\).*A new device is opened/),
      expect.stringMatching(/second loss within two minutes.*in 125 seconds/),
      expect.stringMatching(/third loss: the CPU engine goes on/),
    ]);
  });

  test('a wait that is given up fails with the loss, and opens nothing', async () => {
    const lab = recovery({ ms: 0 });
    await lab.reopen(loss, () => undefined);
    const second = lab.reopen(loss, () => undefined);
    lab.abort();
    await expect(second).rejects.toBe(loss);
    expect(opened).toEqual(['gpu']);
  });
});
