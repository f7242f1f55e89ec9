import { describe, expect, test } from 'vitest';
import type { ResolvedAxis } from '../../../../src/sweep/sweep-protocol.ts';
import {
  addRecords,
  CELL,
  domainOf,
  type MapQuery,
  mapRuns,
  pointsOfCell,
  type RunMap,
  runTable,
  shareOf,
} from '../../../../src/ui/sweep/map-data.ts';
import {
  cellData,
  cellPlace,
  cellValue,
  mapCells,
  restWords,
  scaleWords,
  summarizeMap,
} from '../../../../src/ui/sweep/map-words.ts';
import { outcomeOf } from '../../../../src/ui/sweep/outcomes.ts';
import { recordOf } from './records.ts';

const AXES: ResolvedAxis[] = [
  { path: 'model.depth', values: [1, 2] },
  { path: 'optimizer.learningRate', values: [0.01, 0.1, 1] },
  { path: 'clip', values: [{ rule: 'none' }, { rule: 'torch_norm', max: 1 }] },
  { path: 'seed', values: [1, 2, 3] },
];
/** The whole grid but depth 2 at rate 1, in the order of the sweep; ids say where a run lies. */
const POINTS = AXES[0].values
  .flatMap((depth) =>
    AXES[1].values.flatMap((rate) =>
      AXES[2].values.flatMap((clip, c) =>
        AXES[3].values.map((seed) => ({ id: `${depth}/${rate}/${c}/${seed}`, values: [depth, rate, clip, seed] })),
      ),
    ),
  )
  .filter(({ values }) => !(values[0] === 2 && values[1] === 1));

const loss = outcomeOf('loss');
const query = (change: Partial<MapQuery> = {}): MapQuery => ({
  x: 1,
  y: 0,
  facet: 2,
  fixed: new Map(),
  outcome: loss,
  ...change,
});
const filled = (records: Readonly<Record<string, number>>) => {
  const table = runTable(AXES, POINTS);
  const added = addRecords(
    table,
    Object.entries(records).map(([id, value]) => recordOf(id, value)),
  );
  expect(added).toBe(Object.keys(records).length);
  return table;
};
/** (panel, y, x) as the map lays them out. */
const at = ({ rows, columns }: RunMap, x: number, y: number, panel = 0) => (panel * rows + y) * columns + x;

describe('a map', () => {
  test('counts runs by cell and tells absent cells from pending ones', () => {
    const map = mapRuns(filled({}), query());
    expect([map.columns, map.rows, map.panels]).toEqual([3, 2, 2]);
    expect(map.runs[at(map, 0, 0)]).toBe(3);
    expect(map.kind[at(map, 0, 0)]).toBe(CELL.pending);
    expect(map.kind[at(map, 2, 1)]).toBe(CELL.absent);
    expect(map.low).toBeGreaterThan(map.high);
  });

  test('shows the median over the axes that it does not hold, on the outcome’s scale', () => {
    const map = mapRuns(filled({ '1/0.1/0/1': 0.1, '1/0.1/0/2': 10, '1/0.1/0/3': 1 }), query());
    // log10 of the median, 1
    expect(map.value[at(map, 1, 0)]).toBe(0);
    expect(map.finished[at(map, 1, 0)]).toBe(3);
    expect(map.kind[at(map, 1, 0, 1)]).toBe(CELL.pending);
  });

  test('holds an axis at a value where it is told to', () => {
    const table = filled({ '1/0.1/0/1': 0.1, '1/0.1/0/2': 10 });
    const map = mapRuns(table, query({ fixed: new Map([[3, 1]]) }));
    expect(map.value[at(map, 1, 0)]).toBe(1);
    expect(map.runs[at(map, 1, 0)]).toBe(1);
  });

  test('is broken where half of the finished runs are not finite, and only marked where fewer are', () => {
    const map = mapRuns(
      filled({ '1/0.01/0/1': Number.NaN, '1/0.01/0/2': 1, '1/0.1/0/1': Number.NaN, '1/0.1/0/2': 1, '1/0.1/0/3': 10 }),
      query(),
    );
    expect(map.kind[at(map, 0, 0)]).toBe(CELL.broken);
    expect(map.kind[at(map, 1, 0)]).toBe(CELL.value);
    expect(map.broken[at(map, 1, 0)]).toBe(1);
    // Median of the two that are finite, log10 1 and log10 10.
    expect(map.value[at(map, 1, 0)]).toBe(0.5);
  });

  test('of the first non-finite iteration shows broken runs, and leaves finite ones without a value', () => {
    const map = mapRuns(
      filled({ '1/0.01/0/1': Number.NaN, '1/0.01/0/2': 1, '1/0.1/0/1': 1 }),
      query({ outcome: outcomeOf('firstNonFinite') }),
    );
    expect(map.value[at(map, 0, 0)]).toBe(7);
    expect(map.kind[at(map, 1, 0)]).toBe(CELL.none);
  });

  test('of an outcome that does not apply is no broken one', () => {
    const map = mapRuns(filled({ '1/0.01/0/1': 1 }), query({ outcome: outcomeOf('clipShare') }));
    expect(map.kind[at(map, 0, 0)]).toBe(CELL.none);
  });

  test('of verdicts shows the most frequent, in doubt the worse', () => {
    const table = runTable(AXES, POINTS);
    addRecords(table, [
      recordOf('1/0.01/0/1', 1, 'healthy'),
      recordOf('1/0.01/0/2', 1, 'vanishing'),
      recordOf('1/0.1/0/1', 1, 'healthy'),
      recordOf('1/0.1/0/2', 1, 'healthy'),
      recordOf('1/0.1/0/3', Number.NaN),
    ]);
    const verdict = outcomeOf('verdict');
    const map = mapRuns(table, query({ outcome: verdict }));
    expect(verdict.format(map.value[at(map, 0, 0)])).toBe('vanishing');
    expect(verdict.format(map.value[at(map, 1, 0)])).toBe('healthy');
  });

  test('with one axis has one row, and finds the runs of its cells', () => {
    const table = filled({ '2/0.1/1/3': 1 });
    const one = query({ x: 0, y: undefined, facet: undefined });
    const map = mapRuns(table, one);
    expect([map.columns, map.rows, map.panels]).toEqual([2, 1, 1]);
    // Depth 2: two rates, two clip rules, three seeds.
    expect(pointsOfCell(table, one, 1)).toHaveLength(12);
    expect(map.finished[1]).toBe(1);
  });
});

test('records of other runs are left out, and repeated ones count once', () => {
  const table = runTable(AXES, POINTS);
  expect(addRecords(table, [recordOf('elsewhere', 1)])).toBe(0);
  expect(addRecords(table, [recordOf('1/0.1/0/1', 1)])).toBe(1);
  expect(addRecords(table, [recordOf('1/0.1/0/1', 2)])).toBe(0);
});

test('a random sample puts neighbours of a long axis together; control: a grid does not', () => {
  const values = Array.from({ length: 100 }, (_, i) => 10 ** (-4 + (4 * i) / 99));
  const axes = [{ path: 'optimizer.learningRate', values }];
  const points = values.map((value, i) => ({ id: String(i), values: [value] }));
  const table = runTable(axes, points, true);
  expect(table.axes[0].values).toHaveLength(16);
  expect(table.coordinates[0]).toBe(0);
  expect(table.coordinates[99]).toBe(15);
  // Half way in the logarithm, not in the value.
  expect(table.coordinates[49]).toBe(7);
  expect(runTable(axes, points).axes[0].values).toHaveLength(100);
});

test('one value far outside does not take the colours from the rest, and is labelled', () => {
  const axes = [{ path: 'seed', values: Array.from({ length: 200 }, (_, i) => i) }];
  const points = axes[0].values.map((value) => ({ id: String(value), values: [value] }));
  const table = runTable(axes, points);
  addRecords(
    table,
    points.map(({ id }, i) => recordOf(id, i === 0 ? 1e20 : 1 + i / 100)),
  );
  const map = mapRuns(table, { x: 0, y: undefined, facet: undefined, fixed: new Map(), outcome: loss });
  const domain = domainOf(map, loss);
  expect(map.high).toBe(20);
  expect(domain).toMatchObject({ clampedHigh: true, clampedLow: true });
  expect(domain.high).toBeLessThan(1);
  expect(shareOf(domain, 20)).toBe(1);
  expect(domainOf(map, outcomeOf('testAccuracy'))).toMatchObject({ low: 0, high: 1, clampedHigh: false });
});

describe('a map in words', () => {
  const table = filled({ '1/0.1/0/1': 0.1, '1/0.1/0/2': 0.1, '1/0.1/0/3': Number.NaN, '1/1/0/1': 10, '1/1/1/1': Number.NaN });
  const map = mapRuns(table, query());

  test('says where a cell is, what it holds and what the map leaves out', () => {
    expect(cellPlace(table, query(), { x: 1, y: 0, panel: 1 })).toBe('learning rate 0.1, depth 1, clip torch norm 1');
    expect(cellValue(map, at(map, 1, 0), query())).toBe('0.100');
    expect(cellValue(map, at(map, 2, 0, 1), query())).toBe('not finite');
    expect(cellValue(map, at(map, 0, 0), query())).toBe('not finished');
    expect(cellValue(map, at(map, 2, 1), query())).toBe('no run');
    expect(restWords(table, query())).toBe('median over 3 seeds');
    expect(restWords(table, query({ facet: undefined, fixed: new Map([[2, 0]]) }))).toBe('clip none, median over 3 seeds');
  });

  test('is summed up in sentences', () => {
    const text = summarizeMap(table, query(), map);
    expect(text).toContain('3 of 10 cells have a result, 2 hold a run that is not finite');
    expect(text).toContain('Lowest 0.100 at learning rate 0.1, depth 1, clip none');
    expect(text).toContain('highest 10.0 at learning rate 1, depth 1, clip none');
  });

  test('is a table with a row for each value of y and panel', () => {
    const { columns, rows } = mapCells(table, query(), map);
    expect(columns).toEqual(['clip', 'depth', 'learning rate 0.01', '0.1', '1']);
    expect(rows).toHaveLength(4);
    expect(rows[0]).toEqual(['none', '1', 'not finished', '0.100', '10.0']);
  });

  test('says which end of the colours is which: what is good is bright', () => {
    const words = (id: 'loss' | 'testLoss' | 'testAccuracy' | 'verdict') =>
      scaleWords(outcomeOf(id), { low: 0, high: 1, clampedLow: false, clampedHigh: false });
    expect(words('loss')).toBe('Final loss, 1.00 (bright) to 10.0 (dark)');
    expect(words('testLoss')).toBe('Held-out loss, 1.00 (bright) to 10.0 (dark)');
    expect(words('testAccuracy')).toBe('Held-out accuracy, 0.0 % (dark) to 100.0 % (bright)');
    expect(words('verdict')).toBe('Verdict');
  });

  test('leaves as a row for each cell, number for number', () => {
    const { columns, rows } = cellData(table, query(), map);
    expect(columns.slice(0, 5)).toEqual(['clip', 'model.depth', 'optimizer.learningRate', 'log10 final loss', 'state']);
    expect(rows).toHaveLength(12);
    expect(rows.slice(0, 3)).toEqual([
      ['{"rule":"none"}', 1, 0.01, null, 'not finished', 3, 0, 0],
      ['{"rule":"none"}', 1, 0.1, -1, 'a value', 3, 3, 1],
      ['{"rule":"none"}', 1, 1, 1, 'a value', 3, 1, 0],
    ]);
  });
});
