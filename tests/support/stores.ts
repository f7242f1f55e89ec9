/** Results folders of sweeps that were never trained. */
import { openDirectoryToWrite } from '../../src/cli/store-directory.ts';
import { encodeTrace } from '../../src/metrics/trace-codec.ts';
import { type Expansion, expand, type Point, parseSweep, sweepId } from '../../src/sweep/axes.ts';
import type { RunRecord } from '../../src/sweep/record.ts';
import type { Manifest } from '../../src/sweep/store.ts';
import { recordOf, syntheticRun } from './synthetic.ts';

export interface SyntheticSweep extends Expansion {
  readonly manifest: Manifest;
}

export function sweepOf(document: object): SyntheticSweep {
  const sweep = parseSweep(document, 's');
  return { manifest: { version: 1, sweepId: sweepId(sweep), sweep }, ...expand(sweep, 's') };
}

export interface StoreOptions {
  /** What becomes of a record before it is kept. */
  readonly change?: (record: RunRecord, point: Point) => RunRecord;
  /** Iteration at which a run overflows. */
  readonly brokenAt?: (point: Point) => number | undefined;
  readonly iterations?: number;
}

/** Writes the runs of some points. */
export async function writeStore(
  folder: string,
  { manifest }: SyntheticSweep,
  points: readonly Point[],
  { change = (record) => record, brokenAt = () => undefined, iterations }: StoreOptions = {},
): Promise<void> {
  const store = await openDirectoryToWrite(folder, manifest);
  await Promise.all(
    points.map((point) => {
      const trace = syntheticRun(point.experiment, brokenAt(point), iterations);
      return store.append(change(recordOf(point, trace), point), encodeTrace(trace, manifest.sweep.traces));
    }),
  );
  await store.close();
}
