/** A sweep of 50,000 runs that were never trained: depth × rate × clip × 25 seeds. */
import type { RunRecord } from '../../../../src/sweep/record.ts';
import type { ResolvedAxis } from '../../../../src/sweep/sweep-protocol.ts';
import { addRecords, type RunTable, runTable } from '../../../../src/ui/sweep/map-data.ts';
import { recordOf } from './records.ts';

export const MANY = 50_000;

const AXES: ResolvedAxis[] = [
  { path: 'model.depth', values: Array.from({ length: 25 }, (_, k) => k + 1) },
  { path: 'optimizer.learningRate', values: Array.from({ length: 40 }, (_, k) => 10 ** (-4 + k / 10)) },
  { path: 'clip', values: [{ rule: 'none' }, { rule: 'torch_norm', max: 1 }] },
  { path: 'seed', values: Array.from({ length: 25 }, (_, k) => k) },
];

/** Losses are all different; every fifth run diverged. */
export function manyRuns(): RunTable {
  const points = Array.from({ length: MANY }, (_, p) => {
    const indices = [Math.floor(p / 2000), Math.floor(p / 50) % 40, Math.floor(p / 25) % 2, p % 25];
    return { id: p.toString(16).padStart(16, '0'), values: indices.map((index, axis) => AXES[axis].values[index]) };
  });
  const table = runTable(AXES, points);
  const records: RunRecord[] = points.map(({ id }, p) => recordOf(id, p % 5 === 0 ? Number.NaN : 1 + ((p * 7919) % MANY) / MANY));
  addRecords(table, records);
  return table;
}
