/** What `sweep` says about its runs: a table, a document, files. */
import type { AdapterReport } from '../engine/report.ts';
import { formatNumber, formatPercent } from '../metrics/format.ts';
import type { RunResult } from '../metrics/result.ts';
import { canonicalJson } from '../model/experiment.ts';
import type { Expansion, Point, Sweep } from '../sweep/axes.ts';
import { engineDocument, engineLine } from './engine-line.ts';
import { toCsv, toJson } from './json.ts';
import { table } from './table.ts';
import { colourVerdict } from './train-report.ts';

export interface SweepRun {
  readonly point: Point;
  readonly result: RunResult;
}

export interface FinishedSweep {
  readonly sweep: Sweep;
  readonly runs: readonly SweepRun[];
  readonly duplicates: Expansion['duplicates'];
  readonly engine: AdapterReport;
  /** Training and evaluation of all cohorts. */
  readonly durationMs: number;
}

/**
 * The document of `sweep --json` and results.json. Numbers that are not finite are the strings "NaN", "Infinity", "-Infinity".
 *
 *     title, claim   of the sweep, where it has them
 *     axes           [{path, values}]
 *     engine         as in `train --json`
 *     durationMs
 *     runs           [{runId, point: {path: value}, …}], all fields of a result as in `train --json`
 *     duplicates     [{runId, point}], points that are the same run as an earlier one
 */
export function sweepDocument({ sweep, runs, duplicates, engine, durationMs }: FinishedSweep): object {
  const { title, claim, axes } = sweep;
  const named = ({ id, values }: Point) => ({
    runId: id,
    point: Object.fromEntries(axes.map(({ path }, k) => [path, values[k]])),
  });
  return {
    ...(title ? { title } : {}),
    ...(claim ? { claim } : {}),
    axes,
    engine: engineDocument(engine),
    durationMs,
    runs: runs.map(({ point, result }) => ({ ...named(point), ...result })),
    duplicates: duplicates.map(named),
  };
}

/** A value of an axis in a table: a word or number as it is, an object by its values. */
function word(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.values(value).map(word).join(' ');
}

export function sweepTable(finished: FinishedSweep): string {
  const { sweep, runs, duplicates, engine, durationMs } = finished;
  const last = (path: string) => path.slice(path.lastIndexOf('.') + 1);
  const ends = sweep.axes.map(({ path }) => last(path));
  const header = sweep.axes.map(({ path }, k) => (ends.indexOf(ends[k]) === ends.lastIndexOf(ends[k]) ? ends[k] : path));
  const rows = runs.map(({ point, result }) => {
    const { verdict, loss, testAccuracy, log2GradientNorm, firstNonFinite } = result;
    return [
      ...point.values.map(word),
      colourVerdict(verdict.kind),
      formatNumber(loss),
      testAccuracy === null ? '' : formatPercent(testAccuracy),
      Number.isFinite(log2GradientNorm.max) ? log2GradientNorm.max.toFixed(1) : String(log2GradientNorm.max),
      firstNonFinite ? String(firstNonFinite.iteration) : '',
    ];
  });
  const text = table(
    [...header, 'verdict', 'loss', 'test accuracy', 'max log2 ‖g‖', 'non-finite at'],
    rows,
    `${'r'.repeat(header.length)}lrrrr`,
  );
  const kinds = new Map<string, number>();
  for (const { result } of runs) kinds.set(result.verdict.kind, (kinds.get(result.verdict.kind) ?? 0) + 1);
  const counts = [...kinds].map(([kind, n]) => `${n} ${kind}`).join(', ');
  const same = duplicates.length > 0 ? `, ${duplicates.length} points left out that are the same run as an earlier one` : '';
  return `${text}\n${runs.length} runs in ${(durationMs / 1000).toFixed(1)} s on ${engineLine(engine)}: ${counts}${same}.\n`;
}

/** The files of `--out`. */
export function sweepFiles(finished: FinishedSweep): Record<string, string> {
  const { sweep, runs } = finished;
  const header = [
    'runId',
    ...sweep.axes.map(({ path }) => path),
    'verdict',
    'iterations',
    'loss',
    'accuracy',
    'testLoss',
    'testAccuracy',
    'firstLog2GradientNorm',
    'maxLog2GradientNorm',
    'lastLog2GradientNorm',
    'clipShare',
    'firstNonFiniteIteration',
    'firstNonFiniteTensor',
  ];
  const rows = runs.map(({ point, result }) => [
    point.id,
    ...point.values.map((value) => (typeof value === 'number' || typeof value === 'string' ? value : canonicalJson(value))),
    result.verdict.kind,
    result.iterations,
    result.loss,
    result.accuracy ?? '',
    result.testLoss,
    result.testAccuracy ?? '',
    result.log2GradientNorm.first,
    result.log2GradientNorm.max,
    result.log2GradientNorm.last,
    result.clipShare ?? '',
    result.firstNonFinite?.iteration ?? '',
    result.firstNonFinite?.tensor ?? '',
  ]);
  return { 'sweep.json': toJson(sweep), 'results.csv': toCsv(header, rows), 'results.json': toJson(sweepDocument(finished)) };
}
