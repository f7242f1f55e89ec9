import { describe, expect, test } from 'vitest';
import { SCALARS } from '../../../src/metrics/block.ts';
import { parseExperiment } from '../../../src/model/experiment.ts';
import type { PlanSummary } from '../../../src/plan/summary.ts';
import { planKey } from '../../../src/sweep/plan-key.ts';
import { fieldValue } from '../../../src/ui/fields.ts';
import { PAIRS } from '../../../src/ui/pairs.ts';
import { commandsFor, isOriginal, reduce } from '../../../src/ui/reducer.ts';
import { differenceSummary, editRuns } from '../../../src/ui/settings.ts';
import { type Action, initialState, type LabState, sharesPlan } from '../../../src/ui/state.ts';

const summary: PlanSummary = {
  replicas: 2,
  parameters: 10,
  bytes: 100,
  dispatchesPerIteration: 5,
  flopPerIteration: 1000,
  gradientLayers: ['z0', 'z1'],
  unitLayers: ['h0'],
  recurrentLayers: [],
  isAll: true,
  isHalf: false,
  hasHistograms: false,
  weightLayers: ['l0.weight'],
  measured: ['z0', 'z1'],
};
const follow = (state: LabState, ...actions: Action[]) => actions.reduce(reduce, state);
const edit = (path: string, value: unknown): Action => ({ type: 'edit', path, value, text: String(value) });
const loaded: Action = { type: 'worker', message: { type: 'loaded', summaries: [summary, summary], baselines: [[], []] } };
const running: Action = { type: 'worker', message: { type: 'state', state: 'running', iterationsPerSecond: 9 } };
const start = follow(initialState(), loaded, running);

test('the page opens with the exploding and the cured run, of one plan and seed', () => {
  const [a, b] = start.experiments;
  expect(a.model.init).toMatchObject({ scheme: 'scaled_normal', weightVariance: 4 });
  expect(a.clip.rule).toBe('none');
  expect(b.model.init.scheme).toBe('he_normal');
  expect(b.clip).toEqual({ rule: 'torch_norm', max: 1 });
  expect(a.seed).toBe(b.seed);
  expect(planKey(a)).toBe(planKey(b));
  expect(commandsFor(undefined, initialState())).toEqual([{ type: 'load', experiments: [a, b], engine: 'auto', run: true }]);
});

describe('an edit', () => {
  test('of a live setting in run A retunes and waits to be dated', () => {
    const next = follow(start, edit('optimizer.learningRate', 0.1));
    expect(next.experiments.map(({ optimizer }) => optimizer.learningRate)).toEqual([0.1, 0.01]);
    const text = 'A: Learning rate 0.1';
    expect(commandsFor(start, next)).toEqual([{ type: 'retune', experiments: next.experiments, text }]);
    expect(next.pendingRetunes).toBe(1);
    const dated = follow(next, { type: 'worker', message: { type: 'retuned', iteration: 31, text } });
    expect(dated.marks).toEqual([{ iteration: 31, text }]);
    expect(dated.pendingRetunes).toBe(0);
  });

  test.each([
    [0, [5, 32]],
    [1, [32, 5]],
    ['all', [5, 5]],
  ] as const)('of the network changes what it aims at and loads: %s', (target, depths) => {
    const next = follow(start, { type: 'target', target }, edit('model.depth', 5));
    expect(next.experiments.map((experiment) => fieldValue(experiment, 'model.depth'))).toEqual(depths);
    expect(commandsFor(start, next)[0]).toMatchObject({ type: 'load', run: true });
  });

  test('of both runs leaves one alone that has no such field; control: aimed at that run it is refused', () => {
    const mixed = follow(start, { type: 'target', target: 1 }, edit('model.kind', 'residual_mlp'));
    const both = follow(mixed, { type: 'target', target: 'all' }, edit('model.blocks', 9));
    expect(both.experiments.map((experiment) => fieldValue(experiment, 'model.blocks'))).toEqual([undefined, 9]);
    const refused = follow(mixed, { type: 'target', target: 0 }, edit('model.blocks', 9));
    expect(refused.problems['model.blocks'].message).toMatch(/./);
  });

  test('of a run’s own start loads and changes only that run', () => {
    const next = follow(start, { type: 'target', target: 1 }, edit('seed', 7));
    expect(next.experiments.map(({ seed }) => seed)).toEqual([1, 7]);
    expect(commandsFor(start, next)[0].type).toBe('load');
    expect([isOriginal(next, 0), isOriginal(next, 1)]).toEqual([true, false]);
  });

  test('that is not valid keeps the text, names the problem and changes nothing', () => {
    const next = follow(start, edit('model.depth', 'many'));
    expect(next.experiments).toBe(start.experiments);
    expect(next.problems['model.depth'].text).toBe('many');
    expect(next.problems['model.depth'].message).toContain('"many"');
    expect(commandsFor(start, next)).toEqual([]);
    expect(follow(next, edit('model.depth', 32)).problems).toEqual({});
  });

  test('that contradicts another field says which one', () => {
    const next = follow(start, edit('batchSize', 500), edit('task.name', 'wine'));
    expect(next.problems['task.name'].message).toContain('batchSize');
    expect(next.experiments[0].task.name).toBe('digits8');
  });

  test('back to the value in force sends nothing', () => {
    expect(commandsFor(start, follow(start, edit('optimizer.learningRate', 0.01)))).toEqual([]);
  });

  test('of a live setting after the end starts again; control: while running it does not', () => {
    const finished = follow(start, { type: 'worker', message: { type: 'state', state: 'finished', iterationsPerSecond: 0 } });
    const next = follow(finished, edit('optimizer.learningRate', 0.1));
    expect(commandsFor(finished, next)).toEqual([{ type: 'load', experiments: next.experiments, engine: 'auto', run: true }]);
    expect(next.pendingRetunes).toBe(0);
  });
});

test('before the first iteration a live setting loads again, since there is nothing yet that it could change', () => {
  const loading = initialState();
  const next = follow(loading, edit('optimizer.learningRate', 0.1));
  expect(commandsFor(loading, next)[0].type).toBe('load');
  expect(next.pendingRetunes).toBe(0);
});

describe('a step back', () => {
  const worker = (message: Extract<Action, { type: 'worker' }>['message']): Action => ({ type: 'worker', message });
  const tuned = follow(start, edit('optimizer.learningRate', 0.1), worker({ type: 'retuned', iteration: 31, text: 'x' }));
  const back = (state: LabState, iteration: number, experiments = start.experiments) =>
    follow(state, { type: 'play', command: 'back' }, worker({ type: 'back', iteration, experiments }));

  test('over a change in mid-run takes setting and mark back; control: up to the change both stay', () => {
    expect(back(tuned, 30)).toMatchObject({ experiments: start.experiments, marks: [], isGoingBack: false, wantsRun: false });
    expect(back(tuned, 31, tuned.experiments)).toMatchObject({ experiments: tuned.experiments, marks: tuned.marks });
  });

  test('leaves a change alone that is still on its way to the worker', () => {
    const changing = follow(tuned, edit('optimizer.learningRate', 0.2));
    expect(back(changing, 30).experiments).toBe(changing.experiments);
  });

  test('that is not possible is told in words, until dismissed', () => {
    const refused = follow(start, { type: 'play', command: 'back' }, worker({ type: 'no way back', message: 'At 0.' }));
    expect(refused).toMatchObject({ isGoingBack: false, remark: { title: 'No further back', text: 'At 0.' } });
    expect(follow(refused, { type: 'dismiss', what: 'remark' }).remark).toBeUndefined();
  });
});

test('runs of before a reload wait for a person; whatever is played or loaded ends the offer', () => {
  const resumed = { iteration: 40, trainedBy: 'cpu', keptAt: 0 } as const;
  const offered = follow(start, { type: 'worker', message: { type: 'resumed', ...resumed } });
  expect(offered).toMatchObject({ wantsRun: false, resumed });
  expect(follow(offered, { type: 'play', command: 'start' })).toMatchObject({ wantsRun: true, resumed: undefined });
  expect(follow(offered, loaded).resumed).toBeUndefined();
});

test('whatever loads says so at once; control: what retunes does not', () => {
  expect(follow(start, edit('model.depth', 5)).runState).toBe('loading');
  expect(follow(start, { type: 'restart' }).runState).toBe('loading');
  expect(follow(start, { type: 'engine', engine: 'cpu' }).runState).toBe('loading');
  expect(follow(start, edit('optimizer.learningRate', 0.1)).runState).toBe('running');
});

test('an engine that cannot be opened changes nothing, and leaves nothing to undo', () => {
  const message = { type: 'engine refused', engine: 'auto', message: 'No WebGPU.', checks: [] } as const;
  const asked = follow(start, { type: 'engine', engine: 'gpu' });
  const refused = follow(asked, { type: 'worker', message });
  expect(asked.history.past.length).toBe(start.history.past.length + 1);
  // The worker has gone on by itself, and what was measured stays.
  expect(commandsFor(start, refused)).toEqual([]);
  expect(refused).toMatchObject({ engine: 'auto', traces: start.traces, history: start.history });
  expect(refused.remark?.text).toMatch(/^No WebGPU\. The runs go on/);
});

test('another kind of network keeps what it can', () => {
  const [a] = editRuns(PAIRS[0].experiments, 'all', 'model.kind', 'residual_mlp');
  const { model } = PAIRS[0].experiments[0];
  if (model.kind !== 'mlp') throw new Error('the first pair trains MLPs');
  const { width, activation, init } = model;
  expect(a.model).toMatchObject({ kind: 'residual_mlp', width, activation, init, blocks: 4 });
  expect(editRuns([a, a], 'all', 'model.kind', 'mlp')[0].model).toMatchObject({ kind: 'mlp', width, activation, init });
});

test('a new variant keeps what it shares with the old one', () => {
  const pair = editRuns(PAIRS[0].experiments, 'all', 'optimizer.name', 'adam');
  expect(pair[0].optimizer).toMatchObject({ name: 'adam', learningRate: 0.01, beta1: 0.9 });
  const clipped = editRuns(PAIRS[0].experiments, 1, 'clip.rule', 'value');
  expect(clipped[1].clip).toEqual({ rule: 'value', max: 1 });
  expect(editRuns(clipped, 0, 'task.name', 'teacher').map(({ loss }) => loss)).toEqual(['mse', 'cross_entropy']);
});

test('metrics reach both traces; those before the first load go nowhere', () => {
  const scalars = Float32Array.from({ length: 2 * SCALARS.length }, (_, i) =>
    i % SCALARS.length === SCALARS.indexOf('active') ? 1 : 0,
  );
  const metrics: Action = {
    type: 'worker',
    message: { type: 'metrics', block: { replicas: 2, iterations: 1, scalars, layers: [[], []] } },
  };
  expect(follow(start, metrics).traces?.map(({ length }) => length)).toEqual([1, 1]);
  expect(follow(initialState(), metrics).traces).toBeUndefined();
});

test('runs of two plans have traces of their own shape, and a test goes to the runs it was made of', () => {
  const deep = { ...summary, replicas: 1, gradientLayers: ['x0', 'x1', 'x2'], measured: ['x0'] };
  const message = { type: 'loaded', summaries: [{ ...summary, replicas: 1 }, deep], baselines: [[], []] } as const;
  const next = follow(initialState(), { type: 'worker', message });
  expect(next.traces?.map(({ gradientLayers }) => gradientLayers)).toEqual([2, 3]);
  expect(next.traces?.map(({ measured }) => measured)).toEqual([['z0', 'z1'], ['x0']]);
  expect([next, start].map(({ summaries }) => summaries && sharesPlan(summaries))).toEqual([false, true]);
  const block = { iterations: [7, 7], loss: new Float32Array([1, 2]), accuracy: new Float32Array([0.5, 0.6]), spectra: [[], []] };
  const tested = follow(next, { type: 'worker', message: { type: 'test', block, runs: [1] } });
  expect(tested.traces?.map(({ tests }) => tests.map(({ loss }) => loss))).toEqual([[], [2]]);
});

test('live data never resets a zoom; a restart does', () => {
  const zoomed = follow(start, { type: 'zoom', range: [5, 9] }, { type: 'zoom', range: [6, 7] }, running);
  expect(zoomed.zooms.at(-1)).toEqual([6, 7]);
  expect(follow(zoomed, { type: 'zoom back', all: false }).zooms).toEqual([[5, 9]]);
  expect(follow(zoomed, { type: 'zoom back', all: true }).zooms).toEqual([]);
  expect(follow(zoomed, loaded).zooms).toEqual([]);
});

test('a failure is kept in words until the next load', () => {
  const failed = follow(start, { type: 'worker', message: { type: 'failed', message: 'out of memory' } });
  expect(failed.failure).toBe('out of memory');
  expect(failed.runState).toBe('finished');
  expect(failed.traces).toBe(start.traces);
  // A load that failed leaves nothing of the runs before it.
  const unloaded = follow(start, { type: 'restart' }, { type: 'worker', message: { type: 'failed', message: 'too large' } });
  expect(unloaded.traces).toBeUndefined();
  expect(follow(failed, loaded).failure).toBeUndefined();
});

test('restart while paused stays paused, after the end it runs', () => {
  const paused = follow(start, { type: 'play', command: 'pause' });
  expect(commandsFor(paused, follow(paused, { type: 'restart' }))[0]).toMatchObject({ run: false });
  const finished = follow(start, { type: 'worker', message: { type: 'state', state: 'finished', iterationsPerSecond: 0 } });
  expect(commandsFor(finished, follow(finished, { type: 'restart' }))[0]).toMatchObject({ run: true });
});

test('what sets two runs apart is said in a few words', () => {
  const [a, b] = PAIRS[0].experiments;
  expect(differenceSummary(a, b)).toBe('N(0, σw²/n) · σw² 4 · no clipping');
  expect(differenceSummary(b, a)).toBe('He normal · clip norm at 1');
  expect(differenceSummary(a, a)).toBe('');
  expect(differenceSummary({ ...a, seed: 4 }, a)).toBe('Seed 4');
  expect(differenceSummary(parseExperiment({ optimizer: { name: 'sgd', learningRate: 1e-5 } }), parseExperiment({}))).toBe(
    'Learning rate 1e-5',
  );
});

describe('runs', () => {
  const titles = ({ experiments }: LabState) => experiments.map(({ seed }) => seed);
  const added = follow(start, { type: 'add run', of: 1 }, edit('seed', 5));

  test('a copy of a run is added behind the last, edited from then on, and trained with the others from the start', () => {
    expect(titles(added)).toEqual([...titles(start), 5]);
    expect(added.target).toBe(2);
    expect(added.traces).toBeUndefined();
    const grown = follow(start, { type: 'add run', of: 1 });
    expect(commandsFor(start, grown)).toEqual([expect.objectContaining({ type: 'load', experiments: grown.experiments })]);
    expect(grown.experiments[2]).toBe(start.experiments[1]);
  });

  test('at most sixteen, at least one', () => {
    const full = follow(start, ...Array.from({ length: 20 }, (): Action => ({ type: 'add run', of: 0 })));
    expect(full.experiments.length).toBe(16);
    const one = follow(full, ...Array.from({ length: 20 }, (): Action => ({ type: 'remove run', run: 0 })));
    expect(one.experiments.length).toBe(1);
    for (const list of [one.titles, one.claims, one.origin]) expect(list.length).toBe(1);
  });

  test('whatever points at a run follows it when one in front of it is removed', () => {
    const pointed = follow(
      added,
      { type: 'baseline', run: 2 },
      { type: 'map run', run: 2 },
      { type: 'show run', run: 2, on: false },
      { type: 'show run', run: 0, on: false },
    );
    expect(pointed.hidden).toEqual([0, 2]);
    const fewer = follow(pointed, { type: 'remove run', run: 0 });
    expect(fewer).toMatchObject({ baseline: 1, mapRun: 1, target: 1, hidden: [1] });
    expect(titles(fewer)).toEqual(titles(pointed).slice(1));
    // What pointed at the removed run itself goes to the first.
    expect(follow(pointed, { type: 'remove run', run: 2 })).toMatchObject({ baseline: 0, mapRun: 0, target: 0, hidden: [0] });
  });
});
