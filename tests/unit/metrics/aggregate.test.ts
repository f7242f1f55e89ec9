import { describe, expect, test } from 'vitest';
import { countRuns, OUTCOMES, outcomeOf, quantile, seedGroups, summarise } from '../../../src/metrics/aggregate.ts';
import { mapOf } from '../../../src/metrics/outcome-map.ts';
import type { RunResult } from '../../../src/metrics/result.ts';
import { VERDICT_KINDS, type VerdictKind } from '../../../src/metrics/verdict.ts';

const inf = Number.POSITIVE_INFINITY;

/** A run's record with some fields of its result. */
function run(id: string, loss: number, kind: VerdictKind = 'healthy', rest: Partial<RunResult> = {}) {
  const verdict = { kind, title: '', evidence: [], ...(kind === 'exploding' ? { iteration: 3 } : {}) };
  const extent = { first: 1, max: 2, last: 0 };
  const result: RunResult = {
    ended: 'iterations',
    iterations: 10,
    verdict,
    loss,
    bestLoss: loss,
    accuracy: 0.5,
    bestAccuracy: 0.5,
    testLoss: loss,
    bestTestLoss: loss,
    testAccuracy: null,
    bestTestAccuracy: null,
    log2GradientNorm: extent,
    gradientNorm: extent,
    clipShare: null,
    firstNonFinite: Number.isFinite(loss) ? null : { iteration: 4, tensor: 'loss' },
    growth: { first: null, latest: { factor: 1.5, standardError: 0.1, iteration: 9 } },
    ...rest,
  };
  return { id, result };
}

test('quantiles of definition 7', () => {
  // R: quantile(c(1, 2, 4, 8), c(.25, .5, .75)) is 1.75, 3, 5
  const sorted = [1, 2, 4, 8];
  expect([0, 0.25, 0.5, 0.75, 1].map((share) => quantile(sorted, share))).toEqual([1, 1.75, 3, 5, 8]);
  expect(quantile([3], 0.25)).toBe(3);
});

test('a summary counts what is not finite and what does not apply beside the quartiles of the rest', () => {
  const runs = [run('a', 4), run('b', Number.NaN), run('c', 1), run('d', inf), run('e', 2), run('f', 8)];
  expect(summarise(runs, outcomeOf('loss'))).toEqual({ median: 3, lower: 1.75, upper: 5, finite: 4, nonFinite: 2, absent: 0 });
  expect(summarise(runs, outcomeOf('testAccuracy'))).toMatchObject({ median: null, finite: 0, nonFinite: 0, absent: 6 });
});

test('every outcome reads a record', () => {
  const read = Object.fromEntries(OUTCOMES.map(({ key, of }) => [key, of(run('a', Number.NaN, 'exploding'))]));
  expect(read).toEqual({
    verdict: VERDICT_KINDS.indexOf('exploding'),
    loss: Number.NaN,
    bestLoss: Number.NaN,
    testLoss: Number.NaN,
    testAccuracy: null,
    maxLog2Norm: 2,
    lastLog2Norm: 0,
    growth: 1.5,
    clipShare: null,
    firstNonFinite: 4,
    iterations: 10,
  });
  expect(() => outcomeOf('los')).toThrow('no outcome "los"');
});

test('a run that exploded without breaking is not diverged', () => {
  const level = run('a', 1, 'exploding');
  const grows = { ...level, result: { ...level.result, verdict: { kind: 'exploding' as const, title: '', evidence: [] } } };
  expect(countRuns(4, [level, grows, run('b', 1, 'diverged'), run('c', inf)])).toMatchObject({
    runs: 4,
    finished: 4,
    diverged: 2,
    nonFinite: 1,
    verdicts: { exploding: 2, diverged: 1, healthy: 1, stuck: 0 },
  });
});

const axes = [
  { path: 'model.depth', values: [1, 2] },
  { path: 'seed', values: [1, 2, 3] },
  { path: 'clip', values: [{ rule: 'none' }, { rule: 'value', max: 1 }] },
];
const points = axes[0].values.flatMap((depth) =>
  axes[1].values.flatMap((seed) =>
    axes[2].values.map((clip) => ({ id: `${depth}${seed}${(clip as { rule: string }).rule}`, values: [depth, seed, clip] })),
  ),
);

describe('groups of seeds', () => {
  test('hold what differs in the seed alone; runs that have not finished are counted', () => {
    const records = [run('11none', 1), run('12none', 3), run('13none', Number.NaN, 'diverged'), run('22value', 5)];
    const { axes: rest, groups } = seedGroups(axes, points, records);
    expect(rest.map(({ path }) => path)).toEqual(['model.depth', 'clip']);
    expect(
      groups.map(({ values, counts, finished }) => [values, counts.runs, counts.diverged, finished.map(({ id }) => id)]),
    ).toEqual([
      [[1, { rule: 'none' }], 3, 1, ['11none', '12none', '13none']],
      [[1, { rule: 'value', max: 1 }], 3, 0, []],
      [[2, { rule: 'none' }], 3, 0, []],
      [[2, { rule: 'value', max: 1 }], 3, 0, ['22value']],
    ]);
    expect(summarise(groups[0].finished, outcomeOf('loss'))).toMatchObject({ median: 2, lower: 1.5, upper: 2.5, nonFinite: 1 });
  });
  test('without a seed axis every run is a group', () => {
    const some = [
      { id: 'a', values: [1] },
      { id: 'b', values: [2] },
    ];
    expect(seedGroups([axes[0]], some, [run('b', 1)]).groups.map(({ counts }) => counts.finished)).toEqual([0, 1]);
  });
});

describe('maps', () => {
  const records = [
    run('11none', 1),
    run('12none', 3),
    run('13none', inf, 'diverged'),
    run('11value', 7, 'stuck'),
    run('21value', 9),
  ];
  const map = (options: object) =>
    mapOf(axes, points, records, { x: 'model.depth', y: 'clip', outcome: outcomeOf('loss'), ...options });

  test('medians row by row, empty cells, counts', () => {
    const { x, y, cells } = map({});
    expect([x.bins.map(({ value }) => value), y.bins.map(({ value }) => value)]).toEqual([axes[0].values, axes[2].values]);
    expect(cells.map(({ value }) => value)).toEqual([2, null, 7, 9]);
    expect(cells[0]).toMatchObject({ counts: { runs: 3, finished: 3, diverged: 1 }, summary: { nonFinite: 1 } });
  });
  test('with another axis fixed', () => {
    expect(map({ fixed: { seed: 1 } }).cells.map(({ value, counts }) => [value, counts.runs])).toEqual([
      [1, 1],
      [null, 1],
      [7, 1],
      [9, 1],
    ]);
    const transposed = mapOf(axes, points, records, {
      x: 'seed',
      y: 'model.depth',
      outcome: outcomeOf('loss'),
      fixed: { clip: { rule: 'none' } },
    });
    expect(transposed.cells.map(({ value }) => value)).toEqual([1, 3, null, null, null, null]);
  });
  test('the prevailing verdict; of equals the graver', () => {
    const verdicts = map({ outcome: outcomeOf('verdict') }).cells.map(({ value }) =>
      value === null ? null : VERDICT_KINDS[value],
    );
    expect(verdicts).toEqual(['healthy', null, 'stuck', 'healthy']);
    const tied = mapOf(axes, points, [run('11none', 1), run('12none', 1, 'vanishing')], {
      x: 'model.depth',
      y: 'clip',
      outcome: outcomeOf('verdict'),
    });
    expect(VERDICT_KINDS[tied.cells[0].value ?? -1]).toBe('vanishing');
  });
  test('an axis with many numbers becomes ranges, on a log scale where it spans decades', () => {
    const values = Array.from({ length: 100 }, (_, k) => 10 ** (k / 33));
    const many = [
      { path: 'a', values },
      { path: 'b', values: ['x'] },
    ];
    const places = values.map((value, k) => ({ id: String(k), values: [value, 'x'] }));
    const { x, cells } = mapOf(many, places, [], { x: 'a', y: 'b', outcome: outcomeOf('loss'), mostBins: 4 });
    // 1 to 1000 in four bins of three quarters of a decade; their borders lie between the values 24.75 apart.
    expect(cells.map(({ counts }) => counts.runs)).toEqual([25, 25, 25, 25]);
    expect(x.bins.map(({ range }) => Number(range?.from.toPrecision(6)))).toEqual([1, 5.62341, 31.6228, 177.828]);
    expect(x.bins.at(-1)?.range?.to).toBe(values[99]);
  });
  test('an axis that is not there', () => {
    expect(() => map({ x: 'model.width' })).toThrow('no axis "model.width"');
  });
});
