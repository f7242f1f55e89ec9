/** The table of a sweep's runs, as it is exported: its columns and rows. */
import type { Extent, GrowthAt, RunResult } from '../metrics/result.ts';
import type { Cell, Column, ColumnType } from '../metrics/trace-tables.ts';
import { canonicalJson } from '../model/experiment.ts';
import type { RunRecord } from './record.ts';
import type { ResolvedAxis } from './sweep-protocol.ts';

/** Where a run lies on each axis. */
interface RunValues {
  readonly values: readonly unknown[];
}

interface RunColumn extends Column {
  of(record: RunRecord, point: RunValues): unknown;
}

const result = (name: string, type: ColumnType, of: (result: RunResult) => Cell): RunColumn => ({
  name,
  type,
  of: (record) => of(record.result),
});

function extent(name: string, of: (result: RunResult) => Extent): RunColumn[] {
  return (['first', 'max', 'last'] as const).map((at) => result(`${at}${name}`, 'double', (run) => of(run)[at]));
}

function growth(name: string, of: (result: RunResult) => GrowthAt | null): RunColumn[] {
  return [
    result(`${name}GrowthFactor`, 'double', (run) => of(run)?.factor ?? null),
    result(`${name}GrowthStandardError`, 'double', (run) => of(run)?.standardError ?? null),
    result(`${name}GrowthIteration`, 'int', (run) => of(run)?.iteration ?? null),
  ];
}

/** Every field of a result; the order is part of the format. */
const RESULT_COLUMNS: readonly RunColumn[] = [
  result('ended', 'string', ({ ended }) => ended),
  result('iterations', 'int', ({ iterations }) => iterations),
  result('verdict', 'string', ({ verdict }) => verdict.kind),
  result('verdictTitle', 'string', ({ verdict }) => verdict.title),
  result('verdictIteration', 'int', ({ verdict }) => verdict.iteration ?? null),
  result('verdictEvidence', 'string', ({ verdict }) => verdict.evidence.join(' ')),
  result('loss', 'double', ({ loss }) => loss),
  result('bestLoss', 'double', ({ bestLoss }) => bestLoss),
  result('accuracy', 'double', ({ accuracy }) => accuracy),
  result('bestAccuracy', 'double', ({ bestAccuracy }) => bestAccuracy),
  result('testLoss', 'double', ({ testLoss }) => testLoss),
  result('bestTestLoss', 'double', ({ bestTestLoss }) => bestTestLoss),
  result('testAccuracy', 'double', ({ testAccuracy }) => testAccuracy),
  result('bestTestAccuracy', 'double', ({ bestTestAccuracy }) => bestTestAccuracy),
  ...extent('Log2GradientNorm', ({ log2GradientNorm }) => log2GradientNorm),
  ...extent('GradientNorm', ({ gradientNorm }) => gradientNorm),
  result('clipShare', 'double', ({ clipShare }) => clipShare),
  result('firstNonFiniteIteration', 'int', ({ firstNonFinite }) => firstNonFinite?.iteration ?? null),
  result('firstNonFiniteTensor', 'string', ({ firstNonFinite }) => firstNonFinite?.tensor ?? null),
  ...growth('first', (run) => run.growth.first),
  ...growth('latest', (run) => run.growth.latest),
  { name: 'engine', type: 'string', of: ({ engine }) => engine.engine },
  { name: 'adapter', type: 'string', of: ({ engine }) => engine.adapter },
];

/**
 * The columns of the table of runs.
 *
 * @param timing whether the one column that a repetition changes is among them
 */
export function runColumns(axes: readonly ResolvedAxis[], timing: boolean): RunColumn[] {
  const own: readonly RunColumn[] = [
    ...RESULT_COLUMNS,
    ...(timing
      ? [{ name: 'iterationsPerSecond', type: 'double', of: (record: RunRecord) => record.iterationsPerSecond } as const]
      : []),
  ];
  const names = new Set(['runId', ...own.map(({ name }) => name)]);
  return [
    { name: 'runId', type: 'string', of: ({ id }) => id },
    ...axes.map(({ path, values }, k) => ({
      // `iterations` asked for is not `iterations` trained.
      name: names.has(path) ? `experiment.${path}` : path,
      type: typeOf(values),
      of: (_: RunRecord, point: RunValues) => point.values[k],
    })),
    ...own,
  ];
}

/** One type for all values of an axis. */
function typeOf(values: readonly unknown[]): ColumnType {
  for (const [name, type] of [
    ['number', 'double'],
    ['string', 'string'],
    ['boolean', 'boolean'],
  ] as const) {
    if (values.every((value) => typeof value === name)) return type;
  }
  return 'json';
}

/** A table's row; a `json` column holds text. */
export function rowOf(columns: readonly RunColumn[], record: RunRecord, point: RunValues): Cell[] {
  return columns.map(({ type, of }) => {
    const value = of(record, point);
    return type === 'json' ? canonicalJson(value ?? null) : (value as Cell);
  });
}
