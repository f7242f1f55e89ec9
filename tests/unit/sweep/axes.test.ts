import { describe, expect, test } from 'vitest';
import { parseExperiment, runId } from '../../../src/model/experiment.ts';
import { expand, parseSweep } from '../../../src/sweep/axes.ts';
import { problemOfPath, setField } from '../../../src/sweep/field-path.ts';

const sweep = (...axes: { path: string; values: unknown[] }[]) => parseSweep({ experiment: { iterations: 5 }, axes }, 's');

test('points are the product of the axes, the last one fastest', () => {
  const { points } = expand(sweep({ path: 'seed', values: [1, 2] }, { path: 'batchSize', values: [8, 16, 32] }), 's');
  expect(points.map(({ values }) => values)).toEqual([
    [1, 8],
    [1, 16],
    [1, 32],
    [2, 8],
    [2, 16],
    [2, 32],
  ]);
  expect(points[3].experiment).toMatchObject({ seed: 2, batchSize: 8, iterations: 5 });
});

test('a point that is the same run as an earlier one is a duplicate', () => {
  // 1000 is the default of iterations, 0.01 that of the learning rate.
  const axes = [{ path: 'optimizer', values: [{ name: 'sgd' }, { name: 'sgd', learningRate: 0.01 }, { name: 'adam' }] }];
  const { points, duplicates } = expand(parseSweep({ experiment: {}, axes }, 's'), 's');
  expect(points.map(({ values }) => values)).toEqual([[{ name: 'sgd' }], [{ name: 'adam' }]]);
  expect(duplicates.map(({ id }) => id)).toEqual([points[0].id]);
});

test('an axis into an object that is left to its default starts from the default', () => {
  const { points } = expand(
    sweep({ path: 'optimizer.learningRate', values: [0.5] }, { path: 'model.init.gain', values: [2] }),
    's',
  );
  expect(points[0].experiment).toMatchObject({
    optimizer: { name: 'sgd', learningRate: 0.5 },
    model: { kind: 'mlp', init: { gain: 2 } },
  });
});

test('an axis may change a field of an axis before it', () => {
  const optimizers = [{ name: 'sgd', momentum: 0.9 }, { name: 'adam' }];
  const { points } = expand(
    sweep({ path: 'optimizer', values: optimizers }, { path: 'optimizer.learningRate', values: [0.5, 0.25] }),
    's',
  );
  expect(points.map(({ experiment }) => experiment.optimizer)).toMatchObject([
    { name: 'sgd', momentum: 0.9, learningRate: 0.5 },
    { name: 'sgd', momentum: 0.9, learningRate: 0.25 },
    { name: 'adam', learningRate: 0.5 },
    { name: 'adam', learningRate: 0.25 },
  ]);
});

test('runs end when their weights are no longer finite, unless the sweep or an axis says otherwise', () => {
  const ends = (document: object) =>
    expand(parseSweep({ axes: [{ path: 'seed', values: [1] }], experiment: {}, ...document }, 's'), 's').points.map(
      ({ experiment }) => experiment.stop.weightsNotFinite,
    );
  expect(ends({})).toEqual([true]);
  expect(ends({ experiment: { stop: { lossBelow: 0.1 } } })).toEqual([true]);
  expect(ends({ experiment: { stop: { weightsNotFinite: false } } })).toEqual([false]);
  expect(ends({ axes: [{ path: 'stop.weightsNotFinite', values: [false, true] }] })).toEqual([false, true]);
  expect(ends({ axes: [{ path: 'stop.lossBelow', values: [0.1, 0.2] }] })).toEqual([true, true]);
  expect(ends({ axes: [{ path: 'stop', values: [{ weightsNotFinite: false }, { lossBelow: 1 }] }] })).toEqual([false, true]);
  // The id is that of the experiment as it is trained.
  const { points } = expand(parseSweep({ axes: [{ path: 'seed', values: [1] }], experiment: {} }, 's'), 's');
  expect(points[0].id).toBe(runId(parseExperiment({ seed: 1, stop: { weightsNotFinite: true } })));
});

test('everything wrong at any point is named once, with its points', () => {
  const broken = sweep({ path: 'optimizer.learningRate', values: [-1, 1] }, { path: 'seed', values: [1, 0.5, 2] });
  expect(() => expand(broken, 's')).toThrow(
    [
      's, optimizer.learningRate: -1 is not valid; valid is a finite number above 0 (at 3 of 6 points, the first optimizer.learningRate = -1, seed = 1)',
      's, seed: 0.5 is not valid; valid is a whole number from 0 to 4294967295 (at 2 of 6 points, the first optimizer.learningRate = -1, seed = 0.5)',
    ].join('\n'),
  );
});

test('a contradiction is named at its one point', () => {
  const axes = sweep({ path: 'task.name', values: ['digits8', 'teacher'] }, { path: 'loss', values: ['cross_entropy', 'mse'] });
  expect(() => expand(axes, 's')).toThrow(
    /loss: "cross_entropy" needs classes.*\(at the point task\.name = "teacher", loss = "cross_entropy"\)/,
  );
});

describe('refused', () => {
  test.each<[string, unknown, RegExp]>([
    ['no axes', { experiment: {} }, /axes/],
    ['an empty list of axes', { experiment: {}, axes: [] }, /axes/],
    ['an axis without values', { experiment: {}, axes: [{ path: 'seed', values: [] }] }, /axes\.0\.values/],
    ['a path to a prototype', { experiment: {}, axes: [{ path: '__proto__.x', values: [1] }] }, /axes\.0\.path: .*a dotted path/],
    ['an unknown field', { experiment: {}, axes: [{ path: 'seed', values: [1] }], axis: 1 }, /axis: unknown field/],
    [
      'an axis twice',
      {
        experiment: {},
        axes: [
          { path: 'seed', values: [1] },
          { path: 'seed', values: [2] },
        ],
      },
      /axes\.1\.path: "seed" has an axis already/,
    ],
    [
      'an axis within another',
      {
        experiment: {},
        axes: [
          { path: 'clip.max', values: [2] },
          { path: 'clip', values: [1] },
        ],
      },
      /axes\.0\.path: "clip\.max" lies within "clip", a later axis that replaces it; put "clip" first/,
    ],
    [
      '100,001 points',
      { experiment: {}, axes: [{ path: 'seed', values: new Array(100_001).fill(1) }] },
      /100,001 points; valid is at most 100,000/,
    ],
    ['no object', [], /s/],
  ])('%s', (_, document, problem) => {
    expect(() => parseSweep(document, 's')).toThrow(problem);
  });
});

describe('paths', () => {
  test.each(['seed', 'optimizer.learningRate', 'model.init.gain', 'clip', 'clip.rule', 'task.normalisation', 'probes.testEvery'])(
    '%s is one',
    (path) => {
      expect(problemOfPath(path, {})).toBeUndefined();
    },
  );
  test.each([
    ['clip.max', 'there is no such field; "clip" has rule'],
    [
      'optimizer.beta1',
      'there is no such field; "optimizer" has name, learningRate, schedule, weightDecay, momentum, dampening, nesterov, decoupled',
    ],
    ['seed.x', '"seed" is a value and has no fields'],
    [
      'depth',
      'there is no such field; an experiment has task, model, loss, optimizer, clip, range, precision, nonFinite, stop, batchSize, iterations, seed, probes',
    ],
    [
      'constructor',
      'there is no such field; an experiment has task, model, loss, optimizer, clip, range, precision, nonFinite, stop, batchSize, iterations, seed, probes',
    ],
  ])('%s: %s', (path, problem) => {
    expect(problemOfPath(path, {})).toBe(problem);
  });
  test('what a name chooses decides which fields there are', () => {
    expect(problemOfPath('clip.max', { clip: { rule: 'value' } })).toBeUndefined();
    expect(problemOfPath('optimizer.beta1', { optimizer: { name: 'adamw' } })).toBeUndefined();
    expect(problemOfPath('task.inputs', { task: { name: 'teacher' } })).toBeUndefined();
    expect(problemOfPath('task.inputs', { task: { name: 'wine' } })).toMatch(
      /there is no such field; "task" has name, normalisation/,
    );
  });
  test('setField leaves the original as it is', () => {
    const input = { optimizer: { name: 'adam' as const } };
    expect(setField(input, 'optimizer.beta1', 0.5)).toEqual({ optimizer: { name: 'adam', beta1: 0.5 } });
    expect(input).toEqual({ optimizer: { name: 'adam' } });
  });
});
