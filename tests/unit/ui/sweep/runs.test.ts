import { describe, expect, test } from 'vitest';
import { listScenarios } from '../../../../src/model/scenario.ts';
import sweepDocument from '../../../../src/scenarios/sweep-init-learning-rate.json';
import { expand, parseSweep, resolveAxes } from '../../../../src/sweep/axes.ts';
import type { ResolvedAxis } from '../../../../src/sweep/sweep-protocol.ts';
import { axisName, labelsOf, scaleOf, valueWord } from '../../../../src/ui/sweep/axis-values.ts';
import { addRecords, runTable } from '../../../../src/ui/sweep/map-data.ts';
import { outcomeOf } from '../../../../src/ui/sweep/outcomes.ts';
import { firstView } from '../../../../src/ui/sweep/reducer.ts';
import { experimentOfRun, twinOf } from '../../../../src/ui/sweep/run-experiment.ts';
import { columnsOf, rowsOf, windowOf } from '../../../../src/ui/sweep/run-rows.ts';
import { sliceData, sliceFrame, sliceRuns, sliceTable, summarizeSlice } from '../../../../src/ui/sweep/slice-data.ts';
import { recordOf } from './records.ts';

const AXES: ResolvedAxis[] = [
  { path: 'optimizer.learningRate', values: [0.001, 0.01, 0.1] },
  { path: 'seed', values: [1, 2] },
];
const POINTS = AXES[0].values.flatMap((rate) => AXES[1].values.map((seed) => ({ id: `${rate}/${seed}`, values: [rate, seed] })));
const LIST = { sort: 'run', descending: false, text: '', verdict: '' };

describe('the experiment of a run', () => {
  test('is the one that the sweep’s own expansion trains, for every point of a committed sweep', () => {
    const sweep = parseSweep(sweepDocument, 'sweep');
    for (const { id, values, experiment } of expand(sweep, 'sweep').points)
      expect(experimentOfRun(sweepDocument, resolveAxes(sweep), { id, values })).toEqual(experiment);
  });

  test('is also that where the base leaves whole groups to their defaults', () => {
    const document = {
      experiment: {},
      axes: [
        { path: 'optimizer.learningRate', values: [0.5] },
        { path: 'model.init.gain', values: [2] },
      ],
    };
    const sweep = parseSweep(document, 'sweep');
    const [{ id, values, experiment }] = expand(sweep, 'sweep').points;
    expect(experimentOfRun(document, resolveAxes(sweep), { id, values })).toEqual(experiment);
  });

  test('is refused where its hash is not the run’s id', () => {
    const point = { id: '0'.repeat(16), values: [1] };
    expect(() => experimentOfRun({ experiment: {} }, [{ path: 'seed', values: [1] }], point)).toThrow(/not 0000/);
  });

  test('has a twin with clipping where it has none, and without where it has', () => {
    const sweep = parseSweep(sweepDocument, 'sweep');
    const { experiment } = expand(sweep, 'sweep').points[0];
    expect(twinOf({ ...experiment, clip: { rule: 'none' } }).clip).toEqual({ rule: 'torch_norm', max: 1 });
    expect(twinOf({ ...experiment, clip: { rule: 'value', max: 2 } }).clip).toEqual({ rule: 'none' });
    expect(listScenarios().size).toBeGreaterThan(0);
  });
});

describe('an axis', () => {
  test.each([
    [[0.003, 0.03, 0.3], 'log'],
    [[1, 2, 4, 8], 'log'],
    [[1, 2, 3, 4], 'linear'],
    [[0, 1, 10], 'linear'],
    [['relu', 'tanh'], 'words'],
    [[1], 'words'],
    [[1, 100], 'log'],
    [[1, 2], 'linear'],
  ])('with the values %j is %s', (values, kind) => {
    expect(scaleOf({ path: 'seed', values }).kind).toBe(kind);
  });

  test('has the scale that the sweep gives it, whatever its values look like', () => {
    expect(scaleOf({ path: 'model.depth', values: [1, 2, 3, 4], isLog: true }).kind).toBe('log');
    expect(scaleOf({ path: 'model.depth', values: [1, 2, 4, 8], isLog: false }).kind).toBe('linear');
    expect(scaleOf({ path: 'model.depth', values: [0, 2, 4], isLog: true }).kind).toBe('linear');
  });

  test('is named by the end of its path, by all of it where two end alike', () => {
    expect(axisName('optimizer.learningRate')).toBe('learning rate');
    expect(axisName('clip.max', ['clip.max', 'other.max'])).toBe('clip max');
  });

  test('writes values in few letters, small ones scientifically', () => {
    expect(
      [0.0001, 0.00316, 0.01, 10 ** -1.5, 10 ** -2.5, 64, -3, 'he_normal', { rule: 'torch_norm', max: 1 }, true].map(valueWord),
    ).toEqual(['1e−4', '3.16e−3', '0.01', '0.03162', '3.162e−3', '64', '−3', 'he normal', 'torch norm 1', 'true']);
  });

  test('labels every value of a short axis, and powers of ten between those of a long one', () => {
    expect(labelsOf({ path: 'seed', values: [1, 2, 3] }, 10).map(({ at }) => at)).toEqual([0, 1, 2]);
    expect(labelsOf({ path: 'seed', values: [1, 2, 3, 4] }, 2).map(({ label }) => label)).toEqual(['1', '3']);
    const values = Array.from({ length: 41 }, (_, i) => 10 ** (-4 + i / 10));
    const labels = labelsOf({ path: 'optimizer.learningRate', values }, 10);
    expect(labels.map(({ label }) => label)).toEqual(['1e−4', '1e−3', '0.01', '0.1', '1']);
    for (const [k, { at }] of labels.entries()) expect(at).toBeCloseTo(10 * k, 6);
  });
});

describe('the table of runs', () => {
  const table = runTable(AXES, POINTS);
  addRecords(table, [
    recordOf('0.001/1', 3),
    recordOf('0.001/2', Number.NaN),
    recordOf('0.01/1', 1),
    recordOf('0.1/2', 2, 'vanishing'),
  ]);
  const columns = columnsOf(table);
  const ids = (change: Partial<typeof LIST>) => [...rowsOf(table, columns, { ...LIST, ...change })].map((p) => POINTS[p].id);

  test('lists every run in the order of the sweep, finished or not', () => {
    expect(ids({})).toEqual(POINTS.map(({ id }) => id));
    const verdict = columns.find(({ id }) => id === 'verdict');
    expect([verdict?.text(0), verdict?.text(3)]).toEqual(['healthy', 'not finished']);
    const losses = columns.find(({ id }) => id === 'loss');
    expect([losses?.text(0), losses?.text(1), losses?.text(3)]).toEqual(['3.00', 'NaN', '']);
  });

  test('sorts by any column, what has no number last in both directions', () => {
    expect(ids({ sort: 'loss' }).slice(0, 3)).toEqual(['0.01/1', '0.1/2', '0.001/1']);
    expect(ids({ sort: 'loss', descending: true }).slice(0, 3)).toEqual(['0.001/1', '0.1/2', '0.01/1']);
    expect(ids({ sort: 'axis:1', descending: true }).slice(0, 3)).toEqual(['0.001/2', '0.01/2', '0.1/2']);
    for (const column of columns) expect(ids({ sort: column.id })).toHaveLength(6);
  });

  test('sorts numbers before words, and each of many words apart', () => {
    const values = ['e', 'a', 0.5, 'd', 'f', 'b', -1, 'c', { rule: 'none' }];
    const points = values.map((value, k) => ({ id: String(k), values: [value] }));
    const mixed = runTable([{ path: 'init', values }], points);
    const order = rowsOf(mixed, columnsOf(mixed), { ...LIST, sort: 'axis:0' });
    expect([...order].map((p) => valueWord(values[p])).join(' ')).toBe('−1 0.5 a b c d e f none');
  });

  test('is filtered by verdict and by words that all must occur', () => {
    expect(ids({ verdict: 'vanishing' })).toEqual(['0.1/2']);
    expect(ids({ text: '0.01 2' })).toEqual(['0.01/2']);
    expect(ids({ text: 'zebra' })).toEqual([]);
  });

  test('of 50,000 runs keeps only the rows in view, and is sorted fast', () => {
    expect(windowOf(0, 260, 26, 50_000)).toEqual([0, 18]);
    expect(windowOf(26_000, 260, 26, 50_000)).toEqual([992, 1018]);
    expect(windowOf(1e9, 260, 26, 50_000)[1]).toBe(50_000);
    expect(windowOf(0, 260, 26, 0)).toEqual([0, 0]);
  });
});

describe('a slice', () => {
  const table = runTable(AXES, POINTS);
  addRecords(table, [
    recordOf('0.001/1', 1),
    recordOf('0.001/2', 100),
    recordOf('0.01/1', Number.NaN),
    recordOf('0.01/2', Number.NaN),
  ]);
  const view = firstView(AXES);

  test('has median and quartiles of the runs at each value', () => {
    const slice = sliceRuns(table, { ...view, sliceLines: undefined }, outcomeOf('loss'));
    // log10: 0 and 2.
    expect(slice.lines[0].points[0]).toMatchObject({ runs: 2, finished: 2, median: 1, low: 0.5, high: 1.5 });
    expect(slice.lines[0].points[1].median).toBeNaN();
    expect(sliceTable(table, slice).rows).toEqual([
      ['1e−3', '10.0 (3.16 … 31.6)'],
      ['0.01', 'no finite value'],
      ['0.1', 'not finished'],
    ]);
    expect(summarizeSlice(table, slice)).toContain('lowest 10.0 at 1e−3');
    const data = sliceData(table, slice);
    expect(data.columns.slice(2, 5)).toEqual(['runs', 'finished', 'log10 final loss, median']);
    expect(data.rows).toEqual([
      [0.001, 'all', 2, 2, 1, 0.5, 1.5],
      [0.01, 'all', 2, 2, null, null, null],
      [0.1, 'all', 2, 0, null, null, null],
    ]);
  });

  test('becomes a line with a band on a log axis, and a triangle where nothing is finite', () => {
    const frame = sliceFrame(table, sliceRuns(table, { ...view, sliceLines: undefined }, outcomeOf('loss')));
    expect(frame?.xs.map(Math.round)).toEqual([-3, -2, -1]);
    expect(frame?.columns).toEqual([
      [0.5, null, undefined],
      [1.5, null, undefined],
      [1, null, undefined],
    ]);
    expect(frame?.bands).toEqual([{ low: 0, high: 1 }]);
    expect(frame?.marks).toEqual([{ x: -2, series: 2, edge: 'top', label: '' }]);
    expect(sliceFrame(runTable(AXES, POINTS), sliceRuns(runTable(AXES, POINTS), view, outcomeOf('loss')))).toBeUndefined();
  });

  test('has a line for each value of a second axis, evenly chosen where there are too many', () => {
    const two = sliceRuns(table, { ...view, sliceX: 0, sliceLines: 1 }, outcomeOf('loss'));
    expect(two.lines.map(({ label }) => label)).toEqual(['1', '2']);
    expect(two.lines[1].points[0].median).toBe(2);
    const many = [AXES[0], { path: 'seed', values: Array.from({ length: 13 }, (_, i) => i) }];
    const slice = sliceRuns(
      runTable(many, []),
      { ...view, sliceX: 0, sliceLines: 1, fixed: [undefined, undefined] },
      outcomeOf('loss'),
    );
    expect(slice.lines.map(({ label }) => label)).toEqual(['0', '2', '4', '6', '8', '10', '12']);
    expect(slice.left).toBe(6);
  });
});
