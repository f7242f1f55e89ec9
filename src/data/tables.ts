/** What the tables share: one CSV file, statistics for each column of their own. */
import { DataError } from '../model/errors.ts';
import type { Normalisation, TaskName } from '../model/schema.ts';
import { readTable } from './csv.ts';
import type { Attribution, Dataset, ReadAsset } from './dataset.ts';
import { normalise } from './normalise.ts';

export interface TableSet {
  readonly name: TaskName;
  readonly classes: readonly string[];
  /** Input columns. */
  readonly inputs: number;
  /** Rows in each split. */
  readonly counts: { readonly train: number; readonly test: number };
  readonly attribution: Attribution;
}

/**
 * Reads `tabular/NAME.csv`.
 *
 * @throws DataError when the file is missing or not what `set` says
 */
export async function loadTable(set: TableSet, normalisation: Normalisation, readAsset: ReadAsset): Promise<Dataset> {
  const { name, classes, inputs, counts, attribution } = set;
  const file = `tabular/${name}.csv`;
  const { columns, train, test } = readTable(file, await readAsset(file), classes.length);
  if (columns.length !== inputs || train.n !== counts.train || test.n !== counts.test) {
    throw new DataError(
      file,
      `has ${columns.length} input columns, ${train.n} training and ${test.n} test rows, ` +
        `expected ${inputs}, ${counts.train} and ${counts.test}; restore the file from the repository`,
    );
  }
  const x = normalise(normalisation, train.x, test.x, inputs);
  return {
    name,
    kind: 'classification',
    inputs,
    outputs: classes.length,
    classes,
    train: { n: train.n, x: x.train, labels: train.labels },
    test: { n: test.n, x: x.test, labels: test.labels },
    attribution,
  };
}
