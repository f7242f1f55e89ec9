import { describe, expect, test } from 'vitest';
import { runId } from '../../../src/model/experiment.ts';
import { type Axis, expand, parseSweep, type Range, resolveAxes, sweepId } from '../../../src/sweep/axes.ts';

const read = (document: object) => parseSweep({ experiment: {}, ...document }, 's');
const rate = (range: Range): Axis => ({ path: 'optimizer.learningRate', range });
const valuesOf = (range: Range) => resolveAxes(read({ axes: [rate(range)] }))[0].values;

describe('a range of a grid', () => {
  test('linear, ends exact, no digits of rounding', () => {
    expect(valuesOf({ from: 0, to: 0.3, count: 4, scale: 'linear' })).toEqual([0, 0.1, 0.2, 0.3]);
  });
  test('log', () => {
    expect(valuesOf({ from: 1e-4, to: 10, count: 6, scale: 'log' })).toEqual([1e-4, 1e-3, 1e-2, 0.1, 1, 10]);
    // 3^(1/2), twelve digits
    expect(valuesOf({ from: 1, to: 3, count: 3, scale: 'log' })).toEqual([1, 1.73205080757, 3]);
  });
  test('integers, rounded', () => {
    // 1, 3.5, 6 and 1, 2.25, 3.5, 4.75, 6
    expect(valuesOf({ from: 1, to: 6, count: 3, scale: 'integer' })).toEqual([1, 4, 6]);
    expect(valuesOf({ from: 1, to: 6, count: 5, scale: 'integer' })).toEqual([1, 2, 4, 5, 6]);
  });
  test('integers on a log scale: what rounds to the same is one', () => {
    expect(valuesOf({ from: 1, to: 256, count: 9, scale: 'integer_log' })).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256]);
    // 5^(k/8): 1, 1.22, 1.50, 1.83, 2.24, 2.73, 3.34, 4.09, 5
    expect(valuesOf({ from: 1, to: 5, count: 9, scale: 'integer_log' })).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('a random sample', () => {
  const sample = (seed: number, count = 2000) =>
    read({
      experiment: { iterations: 5 },
      axes: [
        { path: 'seed', values: [1, 2, 3] },
        { path: 'model.depth', range: { from: 1, to: 100, scale: 'integer_log' } },
        rate({ from: 1e-4, to: 10, scale: 'log' }),
        { path: 'model.init.gain', range: { from: 1, to: 2, scale: 'linear' } },
        { path: 'batchSize', range: { from: 8, to: 11, scale: 'integer' } },
        { path: 'clip', values: [{ rule: 'torch_norm' }, { rule: 'none' }] },
      ],
      sampling: { kind: 'random', count, seed },
    });

  test('every draw meets every seed', () => {
    const { points } = expand(sample(7, 4), 's');
    expect(points.map(({ values }) => values[0])).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3]);
    expect(points[0].values.slice(1)).toEqual(points[2].values.slice(1));
    expect(points[0].values.slice(1)).not.toEqual(points[3].values.slice(1));
  });

  test('is a function of its seed; a longer one begins with a shorter one', () => {
    const ids = (seed: number, count: number) => expand(sample(seed, count), 's').points.map(({ id }) => id);
    expect(ids(7, 5)).toEqual(ids(7, 5));
    expect(ids(7, 9).slice(0, 15)).toEqual(ids(7, 5));
    expect(ids(8, 5)).not.toEqual(ids(7, 5));
  });

  test('draws uniformly on each axis’s scale', () => {
    const { points } = expand(sample(1), 's');
    const column = (k: number) => points.filter(({ values }) => values[0] === 1).map(({ values }) => values[k] as number);
    // A share p of 2000 draws has the standard deviation sqrt(p (1 − p) / 2000), at most 0.0112; four of them are 0.045.
    const share = (k: number, holds: (x: number) => boolean) => column(k).filter(holds).length / 2000;
    // P(depth = 1) = log 2 / log 101
    expect(Math.abs(share(1, (x) => x === 1) - Math.log(2) / Math.log(101))).toBeLessThan(0.045);
    expect(Math.abs(share(2, (x) => x < 1e-2) - 2 / 5)).toBeLessThan(0.045);
    expect(Math.abs(share(3, (x) => x < 1.25) - 1 / 4)).toBeLessThan(0.045);
    for (const size of [8, 9, 10, 11]) expect(Math.abs(share(4, (x) => x === size) - 1 / 4)).toBeLessThan(0.045);
    const clips = points.filter(({ experiment }) => experiment.clip.rule === 'none').length / points.length;
    expect(Math.abs(clips - 1 / 2)).toBeLessThan(0.045);
    expect([Math.min(...column(1)), Math.max(...column(1))]).toEqual([1, 100]);
    expect(column(1).every(Number.isInteger)).toBe(true);
  });

  test('the axes as drawn: numbers ascend, words keep the order of their list', () => {
    const axes = resolveAxes(sample(3, 40));
    expect(axes[0].values).toEqual([1, 2, 3]);
    expect(axes[2].values).toHaveLength(40);
    expect(axes[2].values).toEqual([...axes[2].values].sort((a, b) => (a as number) - (b as number)));
    expect(axes[5].values).toEqual([{ rule: 'torch_norm' }, { rule: 'none' }]);
  });
});

describe('constraints', () => {
  const axes = [
    { path: 'model.depth', values: [1, 2, 3] },
    { path: 'optimizer.learningRate', values: [0.1, 1] },
  ];
  const points = (constraint: object, experiment: object = {}) => {
    const { points: kept, excluded } = expand(read({ experiment, axes, constraints: [constraint] }), 's');
    return { kept: kept.map(({ values }) => values), excluded };
  };

  test('leave out and count points beyond a bound; the bound itself is kept, though 3 · 0.1 > 0.3', () => {
    expect(points({ of: { 'model.depth': 1, 'optimizer.learningRate': 1 }, atMost: 0.3 })).toEqual({
      kept: [
        [1, 0.1],
        [2, 0.1],
        [3, 0.1],
      ],
      excluded: 3,
    });
  });
  test('may name fields that all runs share, given or by default, and powers', () => {
    // depth² / width ≥ 1 with width 4 leaves depths 2 and 3; the default width 64 leaves none.
    const constraint = { of: { 'model.depth': 2, 'model.width': -1 }, atLeast: 1 };
    expect(points(constraint, { model: { kind: 'mlp', width: 4 } }).kept.map(([depth]) => depth)).toEqual([2, 2, 3, 3]);
    expect(() => points(constraint)).toThrow('s, constraints: they exclude all 6 points; valid are bounds that some point keeps');
  });
  test('exclude points before these are validated', () => {
    const sweep = read({
      axes: [{ path: 'batchSize', values: [64, 4096] }],
      constraints: [{ of: { batchSize: 1 }, atMost: 1000 }],
    });
    expect(expand(sweep, 's')).toMatchObject({ points: [{ values: [64] }], excluded: 1 });
    expect(() => expand({ ...sweep, constraints: [] }, 's')).toThrow(/batchSize: 4096 exceeds the 1415 training examples/);
  });
  test.each<[string, object, RegExp]>([
    [
      'a field that does not exist',
      { of: { 'model.deep': 1 }, atMost: 1 },
      /constraints\.0\.of: "model\.deep": there is no such field; "model" has kind/,
    ],
    [
      'a first field that does not exist',
      { of: { depth: 1 }, atMost: 1 },
      /^s, constraints\.0\.of: "depth": there is no such field; an experiment has task[^\n]*$/,
    ],
    [
      'a field that is no number',
      { of: { 'model.activation': 1 }, atMost: 1 },
      /"model\.activation" is "relu"; valid is a field that holds a number/,
    ],
    ['a field of another choice', { of: { 'clip.max': 1 }, atMost: 1 }, /"clip\.max": there is no such field; "clip" has rule/],
    ['no bound', { of: { batchSize: 1 } }, /constraints\.0: has no bound; valid is atMost, atLeast or both/],
    ['no field', { of: {}, atMost: 1 }, /constraints\.0\.of: names no field/],
    ['bounds that cross', { of: { batchSize: 1 }, atMost: 1, atLeast: 2 }, /constraints\.0\.atLeast: 2 exceeds atMost, 1/],
    ['a power in words', { of: { batchSize: 'one' }, atMost: 1 }, /constraints\.0\.of\.batchSize: "one" is not valid/],
  ])('refused: %s', (_, constraint, problem) => {
    expect(() => points(constraint)).toThrow(problem);
  });
});

describe('refused ranges', () => {
  test.each<[string, object, RegExp]>([
    [
      'ends that are swapped',
      { from: 2, to: 1, count: 3, scale: 'linear' },
      /axes\.0\.range\.to: 1 is not valid; valid is a number above from, 2/,
    ],
    [
      'a log scale from 0',
      { from: 0, to: 1, count: 3, scale: 'log' },
      /axes\.0\.range\.from: 0 is not valid; on the scale "log" valid is a number above 0/,
    ],
    [
      'integers from a fraction',
      { from: 0.5, to: 3, count: 3, scale: 'integer' },
      /axes\.0\.range\.from: 0\.5 is not valid; .* a whole number/,
    ],
    [
      'one value',
      { from: 1, to: 3, count: 1, scale: 'linear' },
      /axes\.0\.range\.count: 1 is not valid; valid is a whole number from 2 to 100000/,
    ],
    [
      'no count in a grid',
      { from: 1, to: 3, scale: 'linear' },
      /axes\.0\.range\.count: is missing; valid is a whole number from 2/,
    ],
    [
      'another scale',
      { from: 1, to: 3, count: 3, scale: 'cubic' },
      /axes\.0\.range\.scale: "cubic" is not valid; valid is "linear" or "log" or/,
    ],
    ['a word', { from: 'a', to: 3, count: 3, scale: 'linear' }, /axes\.0\.range\.from: "a" is not valid; valid is a number/],
    ['no end', { from: 1, count: 3, scale: 'linear' }, /axes\.0\.range\.to: /],
  ])('%s', (_, range, problem) => {
    expect(() => read({ axes: [{ path: 'optimizer.learningRate', range }] })).toThrow(problem);
  });
  test('an axis with both, with neither, and without values', () => {
    const range = { from: 1, to: 2, count: 2, scale: 'linear' };
    expect(() => read({ axes: [{ path: 'seed', values: [1], range }] })).toThrow(/axes\.0: has both values and a range/);
    expect(() => read({ axes: [{ path: 'seed' }] })).toThrow(/axes\.0: has neither values nor a range/);
    expect(() => read({ axes: [{ path: 'seed', values: [] }] })).toThrow(
      's, axes.0.values: the list is empty; valid is at least one value',
    );
  });
  test('a sample that is too large with its seeds, and one without a count', () => {
    const axes = [{ path: 'seed', range: { from: 1, to: 101, count: 101, scale: 'integer' } }];
    expect(() => read({ axes, sampling: { kind: 'random', count: 1000, seed: 1 } })).toThrow(
      /101,000 points; valid is at most 100,000/,
    );
    expect(() => read({ axes, sampling: { kind: 'random', seed: 1 } })).toThrow(/sampling\.count: nothing is not valid/);
    expect(() => read({ axes, sampling: { kind: 'sobol' } })).toThrow(
      /sampling\.kind: "sobol" is not valid; valid is "grid" or "random"/,
    );
  });
});

describe('sweepId', () => {
  const document = { title: 'a', claim: 'b', experiment: { iterations: 5, seed: 1 }, axes: [{ path: 'batchSize', values: [8] }] };
  const id = sweepId(parseSweep(document, 's'));
  test('does not depend on words, the order of fields, and how long a session may last', () => {
    const same = { axes: document.axes, stop: { seconds: 60 }, experiment: { seed: 1, iterations: 5 }, title: 'other' };
    expect(sweepId(parseSweep(same, 's'))).toBe(id);
    expect(id).toMatch(/^[0-9a-f]{16}$/);
  });
  test.each([
    ['the experiment', { experiment: { iterations: 6, seed: 1 } }],
    ['the values', { axes: [{ path: 'batchSize', values: [16] }] }],
    ['what is kept of a trace', { traces: { points: 100 } }],
    ['constraints', { constraints: [{ of: { batchSize: 1 }, atMost: 9 }] }],
  ])('depends on %s', (_, change) => {
    expect(sweepId(parseSweep({ ...document, ...change }, 's'))).not.toBe(id);
  });
});

test('ids are those of the experiments, whatever parts these are put together from', () => {
  const axes = [
    { path: 'task', values: [{ name: 'wine' }, { name: 'teacher', inputs: 3 }] },
    { path: 'model.depth', values: [1, 2] },
    { path: 'model.init.gain', values: [1, 2] },
    { path: 'optimizer', values: [{ name: 'sgd', learningRate: 1 }, { name: 'adam' }] },
    { path: 'probes.testEvery', values: [0, 10] },
    { path: 'seed', values: [1, 2] },
  ];
  const { points } = expand(read({ axes }), 's');
  expect(points).toHaveLength(64);
  expect(points.map(({ id }) => id)).toEqual(points.map(({ experiment }) => runId(experiment)));
  expect(new Set(points.map(({ experiment }) => experiment.loss))).toEqual(new Set(['cross_entropy', 'mse']));
});

test('100,000 points are expanded in seconds, grid or sample', () => {
  const axes = [
    { path: 'model.depth', range: { from: 1, to: 256, count: 100, scale: 'integer' } },
    { path: 'optimizer.learningRate', range: { from: 1e-4, to: 10, count: 100, scale: 'log' } },
    { path: 'seed', values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] },
  ];
  const experiment = { model: { kind: 'mlp' }, optimizer: { name: 'sgd' } };
  // Of the processor, which other work on the machine does not lengthen.
  const now = () => process.cpuUsage().user / 1000;
  const start = now();
  expect(expand(read({ experiment, axes }), 's').points).toHaveLength(100_000);
  const middle = now();
  expect(expand(read({ experiment, axes, sampling: { kind: 'random', count: 10_000, seed: 1 } }), 's').points).toHaveLength(
    100_000,
  );
  const end = now();
  // About 1.5 s each on one core; validating every point anew took 9 s.
  expect(Math.max(middle - start, end - middle)).toBeLessThan(6000);
});
