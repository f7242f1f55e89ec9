/** What one call of `sweep` says on stderr while it works, and on stdout at its end. */
import type { AdapterReport } from '../engine/report.ts';
import { formatBytes, formatNumber, formatRuns } from '../metrics/format.ts';
import type { Expansion, Sweep } from '../sweep/axes.ts';
import type { RunRecord } from '../sweep/record.ts';
import type { Outcome } from '../sweep/scheduler.ts';
import type { CohortEstimate, SweepProgress } from '../sweep/sweep-protocol.ts';
import { engineLine } from './engine-line.ts';
import { EXIT } from './errors.ts';
import { toJson } from './json.ts';
import { formatSeconds, Progress } from './progress.ts';
import type { DirectoryStore } from './store-directory.ts';
import { sweepDocument, sweepTable } from './sweep-report.ts';

export interface SessionOptions {
  readonly document: Sweep;
  readonly expansion: Expansion;
  readonly report: AdapterReport;
  readonly store: DirectoryStore;
  readonly isJson: boolean;
}

export class SweepSession {
  readonly #line = new Progress();
  /** Cohorts whose slots are known, by label. */
  readonly #described = new Set<string>();

  constructor(readonly options: SessionOptions) {}

  announce(runs: number, kept: number): void {
    const { expansion, report } = this.options;
    const left = [
      expansion.duplicates.length > 0 ? `${expansion.duplicates.length} points the same run as an earlier one` : '',
      expansion.excluded > 0 ? `${expansion.excluded} points excluded by constraints` : '',
      kept > 0 ? `${kept} finished before` : '',
    ].filter(Boolean);
    const rest = left.length > 0 ? ` (${left.join(', ')})` : '';
    this.#say(`${runs.toLocaleString('en')} runs on ${engineLine(report)}${rest}`);
  }

  describe(cohorts: readonly CohortEstimate[]): void {
    for (const cohort of cohorts) {
      this.#say(cohortLine(cohort));
      if (cohort.slots > 0) this.#described.add(cohort.label);
    }
  }

  /** The parts of a cohort that did not fit at once. */
  planned(cohorts: readonly CohortEstimate[]): void {
    for (const cohort of cohorts) if (!this.#described.has(cohort.label)) this.#say(cohortLine(cohort));
  }

  progress({ runs, finished, diverged, runsPerMinute, secondsLeft }: SweepProgress): void {
    // Progress computes the time left from the share itself; the scheduler's knows what each run costs.
    this.#line.updateWith(secondsLeft, () => {
      return `${finished.toLocaleString('en')} of ${runs.toLocaleString('en')} runs · ${formatNumber(runsPerMinute)} runs/min · ${diverged} diverged`;
    });
  }

  recovering(message: string): void {
    this.#line.close();
    process.stderr.write(`${message}\n`);
  }

  close(): void {
    this.#line.close();
  }

  /** @returns the exit code */
  async conclude(outcome: Outcome, ids: readonly string[], durationMs: number, out: string): Promise<number> {
    const { document, expansion, report, store, isJson } = this.options;
    const missing = ids.filter((id) => !store.ids.has(id)).length;
    if (outcome !== 'finished') {
      const why = outcome === 'stopped' ? 'Interrupted' : 'The time is over';
      process.stderr.write(`${why}: ${ids.length - missing} of ${ids.length} runs are kept in ${out}; go on with --resume.\n`);
      return outcome === 'stopped' ? EXIT.interrupted : EXIT.done;
    }
    const wanted = new Set(ids);
    const records = new Map<string, RunRecord>();
    for await (const record of store.records()) if (wanted.has(record.id)) records.set(record.id, record);
    const runs = expansion.points.flatMap((point) => {
      const record = records.get(point.id);
      return record ? [{ point, record }] : [];
    });
    const finished = { sweep: document, runs, expansion, engine: report, durationMs };
    process.stdout.write(isJson ? toJson(sweepDocument(finished)) : sweepTable(finished, out));
    return EXIT.done;
  }

  #say(text: string): void {
    process.stderr.write(`${text}\n`);
  }
}

/** `  MLP, width 64, …, depths 1 to 256: 1,782 runs, 64 at a time, 1.2 GB, about 0:40:00` */
export function cohortLine({ label, runs, slots, extent, depths, bytes, seconds }: CohortEstimate): string {
  const range = depths[0] === depths[1] ? `${extent} ${depths[0]}` : `${extent}s ${depths[0]} to ${depths[1]}`;
  const parts = [
    formatRuns(runs),
    slots > 0 ? `${slots} at a time` : 'in parts, as they do not fit at once',
    ...(bytes > 0 ? [formatBytes(bytes)] : []),
    ...(seconds === undefined ? [] : [`about ${formatSeconds(seconds)}`]),
  ];
  return `  ${label}, ${range}: ${parts.join(', ')}`;
}
