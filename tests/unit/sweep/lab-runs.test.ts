import { describe, expect, test } from 'vitest';
import { readAsset } from '../../../src/cli/files.ts';
import { loadDataset } from '../../../src/data/load.ts';
import type { Experiment } from '../../../src/model/schema.ts';
import { bytesOf } from '../../../src/sweep/keeper.ts';
import { StoreError } from '../../../src/sweep/store.ts';
import { type LabSetUp, MemoryLabStore, openLab as open, resumeLab as resume } from '../../support/lab.ts';
import { wasmEngine } from '../../support/run-kernel.ts';
import { mlp, small } from '../../support/side-by-side.ts';

const engine = wasmEngine();
const datasetOf: LabSetUp['datasetOf'] = (task) => loadDataset(task, readAsset);
const openLab = (experiments: readonly Experiment[], setUp: Omit<LabSetUp, 'datasetOf'> = {}) =>
  open(engine, experiments, { ...setUp, datasetOf });
const resumeLab = (store: MemoryLabStore) => resume(engine, store, { datasetOf });

// A state of momenta and step counts; running statistics in another plan, which ends earlier; one that stops by itself.
const RUNS: readonly Experiment[] = [
  small({ model: mlp(3), optimizer: { name: 'adam', learningRate: 0.01 } }),
  small({ model: { ...mlp(2), norm: 'batch' }, iterations: 9, probes: { layersEvery: 2, testEvery: 4 } }),
  small({ model: mlp(4), optimizer: { name: 'sgd', learningRate: 1e30 }, nonFinite: 'stop' }),
];
const faster = RUNS.map((run) => ({ ...run, optimizer: { ...run.optimizer, learningRate: 0.05 } }));

/** What an undisturbed run records, with a change of settings on the way. */
async function straight(changeAt?: number) {
  const { lab, all, words } = await openLab(RUNS);
  if (changeAt !== undefined) {
    await lab.run(changeAt);
    lab.retune(faster, '');
  }
  await lab.run();
  return { all: all(), words: await words() };
}
const reference = await straight();
const changed = await straight(5);

describe('back', () => {
  test.each([
    ['one', 7, 1],
    ['all', 7, 7],
    ['from the end', 12, 4],
  ])('%s: what follows has the same bits, and no iteration stands twice', async (_, ahead, back) => {
    const { lab, all, words, events } = await openLab(RUNS);
    await lab.run(ahead);
    for (let n = 1; n <= back; n++) {
      expect(await lab.back()).toBeUndefined();
      expect(events.at(-1)).toEqual({ type: 'back', iteration: ahead - n, experiments: RUNS });
      expect(all().map(({ series }) => series.iteration.length)).toEqual([
        ahead - n,
        Math.min(9, ahead - n),
        Math.min(ahead - n, 2),
      ]);
    }
    expect(await lab.run()).toBe(true);
    expect({ all: all(), words: await words() }).toEqual(reference);
  });

  test('over a change that stays: it applies again; over one that goes: it never was', async () => {
    const { lab, all, words, events } = await openLab(RUNS);
    await lab.run(5);
    lab.retune(faster, 'Learning rate 0.05');
    await lab.run(3);
    for (let n = 0; n < 3; n++) await lab.back();
    expect(events.at(-1)).toEqual({ type: 'back', iteration: 5, experiments: faster });
    await lab.run();
    expect({ all: all(), words: await words() }).toEqual(changed);
    while (lab.runs.iteration > 4) await lab.back();
    expect(events.at(-1)).toEqual({ type: 'back', iteration: 4, experiments: RUNS });
    await lab.run();
    expect({ all: all(), words: await words() }).toEqual(reference);
  });

  const long = RUNS.map((run) => ({ ...run, iterations: 150, probes: { ...run.probes, testEvery: 40 } }));

  test.each([
    ['plenty of room', 1000],
    ['room for four states', 4.5],
    ['room for two', 2.5],
  ])('the last 64 iterations, each bit by bit, with %s', async (_, states) => {
    const { lab: first, words: wordsOfFirst } = await openLab(long);
    const forward = new Map<number, unknown>();
    for (let n = 0; n <= 140; n++) {
      if (n % 9 === 5) forward.set(n, await wordsOfFirst());
      await first.run(1);
    }
    const { lab, words } = await openLab(long, { budget: states * bytesOf(await first.runs.checkpoint()) });
    await lab.run(140);
    let compared = 0;
    for (let n = 139; n >= 140 - 64; n--) {
      expect(await lab.back()).toBeUndefined();
      if (!forward.has(n)) continue;
      expect(await words()).toEqual(forward.get(n));
      compared++;
    }
    expect(compared).toBe(7);
  });

  test('says why not: at iteration 0, and where no state fits', async () => {
    const { lab } = await openLab(RUNS);
    expect(await lab.back()).toBe('This is iteration 0: there is nothing before it.');
    const { lab: large, events } = await openLab(RUNS, { budget: 100 });
    await large.run(3);
    expect(await large.back()).toMatch(/^Going back is not possible with these runs\. .* takes 1 MiB, and 1 MiB are set aside/);
    expect([large.runs.iteration, events.at(-1)?.type]).toEqual([3, 'metrics']);
  });
});

describe('a new page goes on where the old one was', () => {
  test.each([
    ['kept on request', 5, 0],
    ['after steps back', 7, 3],
    ['finished', 12, 0],
    ['at iteration 0', 0, 0],
  ])('%s: the same bits as without it', async (_, ahead, back) => {
    const store = new MemoryLabStore();
    const { lab } = await openLab(RUNS, { store });
    await lab.run(ahead);
    for (let n = 0; n < back; n++) await lab.back();
    await lab.keep();
    const [{ iteration, bytes }] = await store.listLabs();
    expect(iteration).toBe(ahead - back);
    expect(bytes).toBeGreaterThan(1000);
    const again = await resumeLab(store);
    expect([again.isResumed, again.lab.runs.iteration]).toEqual([true, ahead - back]);
    if (ahead > back) expect(await again.lab.back()).toBeUndefined();
    await again.lab.run();
    expect({ all: again.all(), words: await again.words() }).toEqual(reference);
  });

  test('in mid-run, kept by itself: state and log belong together', async () => {
    const store = new MemoryLabStore();
    // Two seconds and more at every look: each block is kept.
    const { lab } = await openLab(RUNS, { store, tickMs: 2500 });
    await lab.run(5);
    lab.retune(faster, 'Learning rate 0.05');
    const running = lab.run();
    while (((await store.listLabs())[0]?.iteration ?? 0) < 8) await new Promise((resolve) => setTimeout(resolve));
    lab.loop.pause();
    await running;
    lab.destroy();
    const again = await resumeLab(store);
    expect(again.lab.runs.iteration).toBeGreaterThanOrEqual(8);
    expect(again.events.filter(({ type }) => type === 'retuned')).toEqual([
      { type: 'retuned', iteration: 5, text: 'Learning rate 0.05' },
    ]);
    await again.lab.run();
    expect({ all: again.all(), words: await again.words() }).toEqual(changed);
    // And from there once more, with a log that has grown.
    await again.lab.keep();
    const third = await resumeLab(store);
    expect(third.all()).toEqual(changed.all);
  });

  test('a state of another layout is refused; control: that of the same is taken', async () => {
    const store = new MemoryLabStore();
    const { lab } = await openLab(RUNS, { store });
    await lab.run(2);
    await lab.keep();
    const kept = await store.find('tab');
    if (!kept) throw new Error('nothing is kept');
    const { lab: wider } = await openLab([small({ model: { ...mlp(3), width: 9 } })]);
    expect(await wider.resume(kept.lab, kept.state)).toBe(false);
    const { lab: same } = await openLab(RUNS);
    expect(await same.resume(kept.lab, kept.state)).toBe(true);
  });

  test('a full storage is told once, and training goes on', async () => {
    const store = new MemoryLabStore();
    store.failure = new StoreError('full');
    const { lab, failures } = await openLab(RUNS, { store, tickMs: 2500 });
    expect(await lab.run()).toBe(true);
    await lab.keep();
    expect(failures).toEqual([store.failure]);
  });
});
