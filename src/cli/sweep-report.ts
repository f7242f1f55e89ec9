/** What `sweep` says about its runs: a table and a document. Files are made by `export` and `report`. */
import type { AdapterReport } from '../engine/report.ts';
import { formatNumber, formatPercent } from '../metrics/format.ts';
import type { Expansion, Point, Sweep } from '../sweep/axes.ts';
import type { RunRecord } from '../sweep/record.ts';
import { engineDocument, engineLine } from './engine-line.ts';
import { table } from './table.ts';
import { colourVerdict } from './train-report.ts';

export interface SweepRun {
  readonly point: Point;
  readonly record: RunRecord;
}

export interface FinishedSweep {
  readonly sweep: Sweep;
  readonly runs: readonly SweepRun[];
  readonly expansion: Expansion;
  readonly engine: AdapterReport;
  /** Of this call: calibration, training and evaluation. */
  readonly durationMs: number;
}

/**
 * The document of `sweep --json`. Numbers that are not finite are the strings "NaN", "Infinity", "-Infinity".
 *
 *     title, claim   of the sweep, where it has them
 *     axes           [{path, values}]
 *     engine         as in `train --json`
 *     durationMs
 *     runs           [{runId, point: {path: value}, engine, iterationsPerSecond, …}], all fields of a result as in `train --json`
 *     duplicates     [{runId, point}], points that are the same run as an earlier one
 *     excluded       points that a constraint left out
 */
export function sweepDocument({ sweep, runs, expansion, engine, durationMs }: FinishedSweep): object {
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
    runs: runs.map(({ point, record: { result, engine: trainedOn, iterationsPerSecond } }) => ({
      ...named(point),
      engine: trainedOn,
      iterationsPerSecond,
      ...result,
    })),
    duplicates: expansion.duplicates.map(named),
    excluded: expansion.excluded,
  };
}

/** A value of an axis in a table: a word or number as it is, an object by its values. */
function word(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.values(value).map(word).join(' ');
}

/** Rows a terminal shows; the rest is counted. */
const MOST_ROWS = 100;

/** @param folder where the results lie */
export function sweepTable(finished: FinishedSweep, folder: string): string {
  const { sweep, runs, expansion, engine, durationMs } = finished;
  const last = (path: string) => path.slice(path.lastIndexOf('.') + 1);
  const ends = sweep.axes.map(({ path }) => last(path));
  const header = sweep.axes.map(({ path }, k) => (ends.indexOf(ends[k]) === ends.lastIndexOf(ends[k]) ? ends[k] : path));
  const rows = runs.slice(0, MOST_ROWS).map(({ point, record }) => {
    const { verdict, loss, testAccuracy, log2GradientNorm, firstNonFinite } = record.result;
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
  for (const { record } of runs) kinds.set(record.result.verdict.kind, (kinds.get(record.result.verdict.kind) ?? 0) + 1);
  const counts = [...kinds].map(([kind, n]) => `${n} ${kind}`).join(', ');
  const more = runs.length > MOST_ROWS ? `… and ${(runs.length - MOST_ROWS).toLocaleString('en')} more: export ${folder}\n` : '';
  const { duplicates, excluded } = expansion;
  const same = duplicates.length > 0 ? `, ${duplicates.length} points left out that are the same run as an earlier one` : '';
  const outside = excluded > 0 ? `, ${excluded} excluded by constraints` : '';
  const seconds = (durationMs / 1000).toFixed(1);
  return `${text}${more}\n${runs.length} runs, ${seconds} s on ${engineLine(engine)}: ${counts}${same}${outside}.\n`;
}
