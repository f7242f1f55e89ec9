/** Kept curves in the Lab: nothing trains, and whatever is to be trained takes their place. */
import { describe, expect, test } from 'vitest';
import { SCALARS } from '../../../src/metrics/block.ts';
import { parseExperiment } from '../../../src/model/experiment.ts';
import { LabNews } from '../../../src/ui/lab-news.ts';
import { commandsFor, reduce } from '../../../src/ui/reducer.ts';
import { MAX_RUNS } from '../../../src/ui/runs.ts';
import { type Action, initialState, type LabState, type StoredRun } from '../../../src/ui/state.ts';
import { syntheticTrace } from '../../support/synthetic.ts';

const follow = (state: LabState, ...actions: Action[]) => actions.reduce(reduce, state);
const running: Action = { type: 'worker', message: { type: 'state', state: 'running', iterationsPerSecond: 9 } };
const live = follow(initialState(), running);
const keptRun = (seed: number): StoredRun => ({
  title: `Seed ${seed}`,
  experiment: parseExperiment({ seed }),
  trace: syntheticTrace({ iterations: 5 }),
  summary: undefined,
  marks: [{ iteration: seed, text: `A: Seed ${seed}` }],
  keptAt: 1000 + seed,
  trainedBy: 'cpu',
});
const shown = (runs: readonly StoredRun[], beside = false): Action => ({ type: 'stored', runs, beside });
const metrics: Action = {
  type: 'worker',
  message: {
    type: 'metrics',
    block: { replicas: 2, iterations: 1, scalars: new Float32Array(2 * SCALARS.length), layers: [[], []] },
  },
};
const one = follow(live, shown([keptRun(3)]));

describe('kept curves', () => {
  test('take the place of what trains, which pauses; they are no end of a run, and can be undone', () => {
    expect(one.experiments.map(({ seed }) => seed)).toEqual([3]);
    expect(one).toMatchObject({ titles: ['Seed 3'], runState: 'finished', stored: [{ keptAt: 1003, trainedBy: 'cpu' }] });
    expect(one.marks).toEqual([{ iteration: 3, text: 'A: Seed 3' }]);
    expect(commandsFor(live, one)).toEqual([{ type: 'pause' }]);
    expect(new LabNews().of(live, one)).toEqual([]);
    const back = follow(one, { type: 'undo', view: 'lab' });
    expect(back.experiments).toEqual(live.experiments);
    expect(back.stored).toBeUndefined();
    expect(commandsFor(one, back)).toMatchObject([{ type: 'load', run: true }]);
    expect(one.history.past.at(-1)?.text).toBe('Kept curves of Seed 3');
  });

  test('lie beside each other, as many as the Lab has letters, and go one by one without training', () => {
    const two = follow(one, shown([keptRun(4)], true));
    expect(two.titles).toEqual(['Seed 3', 'Seed 4']);
    expect(two.traces?.length).toBe(2);
    expect(commandsFor(one, two)).toEqual([]);
    const full = follow(
      two,
      shown(
        Array.from({ length: MAX_RUNS }, (_, k) => keptRun(k + 5)),
        true,
      ),
    );
    expect(full.experiments.length).toBe(MAX_RUNS);
    expect(follow(full, shown([keptRun(99)], true))).toBe(full);
    const left = follow(two, { type: 'remove run', run: 0 });
    expect(left).toMatchObject({ titles: ['Seed 4'], stored: [{ keptAt: 1004 }], wantsRun: false });
    expect(left.traces).toEqual([two.traces?.[1]]);
    expect(commandsFor(two, left)).toEqual([]);
  });

  test('hear nothing of the runs of before, and are not played', () => {
    expect(follow(one, metrics)).toBe(one);
    expect(follow(one, running)).toBe(one);
    expect(follow(one, { type: 'play', command: 'back' })).toBe(one);
  });

  test.each<[string, Action]>([
    ['a restart', { type: 'restart' }],
    ['a live setting', { type: 'edit', path: 'optimizer.learningRate', value: 0.5, text: '0.5' }],
    ['another network', { type: 'edit', path: 'model.depth', value: 3, text: '3' }],
    ['a copy', { type: 'add run', of: 0 }],
    ['another engine', { type: 'engine', engine: 'cpu' }],
  ])('give way to training: %s', (_, action) => {
    const next = follow(one, action);
    expect(next.stored).toBeUndefined();
    expect(next.runState).toBe('loading');
    expect(commandsFor(one, next)).toMatchObject([{ type: 'load', run: true, experiments: next.experiments }]);
  });

  test('stay while they are looked at', () => {
    const looked = follow(
      one,
      { type: 'zoom', range: [0, 5] },
      { type: 'hover', iteration: 2 },
      { type: 'log iterations', on: false },
    );
    expect(looked.stored).toBe(one.stored);
    expect(commandsFor(one, looked)).toEqual([]);
  });
});
