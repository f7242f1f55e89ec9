import { describe, expect, test } from 'vitest';
import { csvLine } from '../../../../src/metrics/table-text.ts';
import type { ResolvedAxis } from '../../../../src/sweep/sweep-protocol.ts';
import { addRecords, countMarked, mapRuns, runTable } from '../../../../src/ui/sweep/map-data.ts';
import { outcomeOf } from '../../../../src/ui/sweep/outcomes.ts';
import { proposeFiner } from '../../../../src/ui/sweep/refine.ts';
import { runData, runFile } from '../../../../src/ui/sweep/run-file.ts';
import { columnsOf, rowsOf } from '../../../../src/ui/sweep/run-rows.ts';
import { type Brush, brushWords, NO_UPPER, readBrush, rectangleBrushes, selectRuns } from '../../../../src/ui/sweep/selection.ts';
import { recordOf } from './records.ts';

const AXES: ResolvedAxis[] = [
  { path: 'model.depth', values: [1, 4, 16] },
  { path: 'optimizer.learningRate', values: [0.01, 0.1, 1] },
  { path: 'clip', values: [{ rule: 'none' }, { rule: 'torch_norm', max: 1 }] },
];
const POINTS = AXES[0].values.flatMap((depth) =>
  AXES[1].values.flatMap((rate) =>
    AXES[2].values.map((clip, c) => ({ id: `${depth}/${rate}/${c}`, values: [depth, rate, clip] })),
  ),
);
const table = runTable(AXES, POINTS);
addRecords(table, [recordOf('1/0.01/0', 1), recordOf('1/0.1/0', 0.1), recordOf('1/1/0', Number.NaN), recordOf('4/0.1/1', 10)]);
const ids = (...brushes: Brush[]) => {
  const selected = selectRuns(table, brushes);
  return POINTS.flatMap(({ id }, p) => (selected?.mask[p] === 1 ? [id] : []));
};

describe('a selection', () => {
  test('without brushes is none; of several brushes it is what lies within all', () => {
    expect(selectRuns(table, [])).toBeUndefined();
    expect(ids({ column: 'axis:0', among: [0] }, { column: 'axis:1', among: [1, 2] }, { column: 'axis:2', among: [0] })).toEqual([
      '1/0.1/0',
      '1/1/0',
    ]);
    expect(selectRuns(table, [{ column: 'axis:0', among: [0] }])).toMatchObject({ count: 6, finished: 3 });
  });

  test('by an outcome leaves out runs that have not finished, and those that diverged unless it reaches to them', () => {
    // log10 of the losses: 0, −1 and 1.
    expect(ids({ column: 'loss', from: -0.5, to: NO_UPPER })).toEqual(['1/0.01/0', '4/0.1/1']);
    expect(ids({ column: 'loss', from: 0.5, to: Number.POSITIVE_INFINITY })).toEqual(['1/1/0', '4/0.1/1']);
    // It ended with a finite largest norm, and diverged all the same.
    expect(ids({ column: 'maxNorm', from: Number.NEGATIVE_INFINITY, to: NO_UPPER })).not.toContain('1/1/0');
    expect(ids({ column: 'verdict', among: [0] }).length + ids({ column: 'verdict', among: [1, 2, 3, 4, 5] }).length).toBe(4);
  });

  test('of a rectangle of cells has the panel’s value and what the map holds, and is what the cells count', () => {
    const query = { x: 1, y: 0, facet: undefined, fixed: new Map([[2, 1]]), outcome: outcomeOf('loss') };
    const brushes = rectangleBrushes(query, { panel: 0, x: 2, y: 0 }, { panel: 0, x: 1, y: 1 });
    expect(ids(...brushes)).toEqual(['1/0.1/1', '1/1/1', '4/0.1/1', '4/1/1']);
    const map = mapRuns(table, query);
    const mask = selectRuns(table, brushes)?.mask ?? new Uint8Array();
    expect([...countMarked(table, query, map, mask)]).toEqual([0, 1, 1, 0, 1, 1, 0, 0, 0]);
    const panels = rectangleBrushes({ ...query, facet: 2, fixed: new Map() }, { panel: 1, x: 0, y: 0 }, { panel: 1, x: 0, y: 0 });
    expect(ids(...panels)).toEqual(['1/0.01/1']);
  });

  test('says in words what it keeps', () => {
    expect(brushWords(table, { column: 'axis:0', among: [2, 0, 1] })).toBe('depth 1 … 16');
    expect(brushWords(table, { column: 'axis:1', among: [0, 2] })).toBe('learning rate 0.01, 1');
    expect(brushWords(table, { column: 'loss', from: Number.NEGATIVE_INFINITY, to: -1 })).toBe('loss ≤ 0.100');
    expect(brushWords(table, { column: 'loss', from: 0, to: Number.POSITIVE_INFINITY })).toBe('loss ≥ 1.00 or diverged');
    expect(brushWords(table, { column: 'loss', from: Number.POSITIVE_INFINITY, to: Number.POSITIVE_INFINITY })).toBe(
      'loss: diverged',
    );
  });

  test('is read from typed bounds; what cannot be used is refused in a sentence', () => {
    expect(readBrush('loss', undefined, '0.1', '')).toEqual({ column: 'loss', from: -1, to: NO_UPPER });
    expect(readBrush('testAccuracy', undefined, '50 %', '1')).toEqual({ column: 'testAccuracy', from: 0.5, to: 1 });
    expect(readBrush('axis:1', AXES[1], '0.05', '1')).toEqual({ column: 'axis:1', among: [1, 2] });
    expect(readBrush('testAccuracy', undefined, '', '50')).toMatch(
      /To is 50; held-out accuracy lies from 0 to 1, or from 0 to 100 %/,
    );
    expect(readBrush('loss', undefined, 'few', '')).toMatch(/From is “few”; valid is a number/);
    expect(readBrush('loss', undefined, '-1', '')).toMatch(/never below 0/);
    expect(readBrush('loss', undefined, '2', '1')).toMatch(/From is 2, above To, 1/);
    expect(readBrush('axis:1', AXES[1], '2', '3')).toMatch(/No value of the axis/);
  });

  test('filters the table, and goes as CSV with values that are not finite', async () => {
    const selected = selectRuns(table, [
      { column: 'axis:0', among: [0] },
      { column: 'axis:2', among: [0] },
    ]);
    const rows = rowsOf(table, columnsOf(table), { sort: 'loss', descending: false, text: '', verdict: '' }, selected);
    expect([...rows].map((p) => POINTS[p].id)).toEqual(['1/0.1/0', '1/0.01/0', '1/1/0']);
    const lines = (await runFile('csv', table, selected)).parts.join('').trimEnd().split('\n');
    expect(lines[0]).toMatch(/^runId,model\.depth,optimizer\.learningRate,clip,ended,iterations,verdict,/);
    expect(lines).toHaveLength(4);
    const data = runData(table, selected);
    expect([data.columns, ...data.rows].map(csvLine)).toEqual(lines);
    expect(lines[2]).toMatch(/^1\/0\.1\/0,1,0\.1,"{""rule"":""none""}",.*,healthy,/);
    expect(lines[3]).toMatch(/,diverged,.*,NaN,NaN,.*,z0,/);
  });
});

describe('a finer sweep', () => {
  const document = {
    title: 'T',
    experiment: {},
    axes: [
      { path: 'model.depth', values: [1, 4, 16] },
      { path: 'optimizer.learningRate', range: { from: 0.01, to: 1, count: 3, scale: 'log' } },
      { path: 'clip', values: AXES[2].values },
    ],
  };
  const propose = (factor: 2 | 4 | 8, ...brushes: Brush[]) => {
    const selected = selectRuns(table, brushes);
    return selected && proposeFiner(document, table, selected, factor);
  };

  test('has the ends of the selected rectangle, more values between them, and the old ones among these', () => {
    const proposal = propose(4, { column: 'axis:1', among: [0, 1] }, { column: 'axis:2', among: [1] });
    expect(proposal?.document).toEqual({
      ...document,
      title: 'T, finer',
      axes: [
        document.axes[0],
        // One step of a decade becomes four.
        { path: 'optimizer.learningRate', range: { from: 0.01, to: 0.1, count: 5, scale: 'log' } },
        { path: 'clip', values: [{ rule: 'torch_norm', max: 1 }] },
      ],
    });
    expect(proposal?.runs).toBe(3 * 5 * 1);
    expect(proposal?.axes.map(({ changed, after }) => [changed, after])).toEqual([
      [false, '1, 4, 16'],
      [true, '0.01 … 0.1'],
      [true, 'torch norm 1'],
    ]);
  });

  test('around a single value reaches half way to its neighbours; of whole numbers has no more than there are', () => {
    const axesOfProposal = (...asked: Parameters<typeof propose>) => propose(...asked)?.document.axes ?? [];
    const rate = axesOfProposal(2, { column: 'axis:1', among: [1] });
    // Geometric means: √(0.01 · 0.1) and √(0.1 · 1).
    expect(rate).toHaveProperty('1.range', { from: 0.0316227766017, to: 0.316227766017, count: 3, scale: 'log' });
    const depth = axesOfProposal(8, { column: 'axis:0', among: [0, 1] });
    expect(depth).toHaveProperty('0.range', { from: 1, to: 4, count: 4, scale: 'integer_log' });
  });

  test('is none where every axis stays whole', () => {
    expect(propose(2, { column: 'axis:0', among: [0, 1, 2] })).toBeUndefined();
    expect(propose(2, { column: 'loss', from: 5, to: 6 })).toBeUndefined();
  });
});
