/** Credit line and licence of a data set, shown wherever the set is used. */
export interface Attribution {
  readonly title: string;
  readonly credit: string;
  readonly licence: string;
  readonly url: string;
}

/** One split of a data set: `n` examples. */
export interface Split {
  readonly n: number;
  /** Raw or prepared inputs, (n, inputs). */
  readonly x: Float32Array;
  /** Class indices, (n); absent for a regression. */
  readonly labels?: Uint32Array;
  /** Target values, (n, outputs); absent for a classification. */
  readonly targets?: Float32Array;
}

/** A task's data, ready for training: inputs already normalised. */
export interface Dataset {
  readonly name: string;
  readonly kind: 'classification' | 'regression';
  /** Input features. */
  readonly inputs: number;
  /** Classes, or target values. */
  readonly outputs: number;
  /** Names of the classes; empty for a regression. */
  readonly classes: readonly string[];
  /** Raw test file's picture size, where examples are pictures. */
  readonly picture?: { readonly rows: number; readonly columns: number };
  readonly train: Split;
  readonly test: Split;
  readonly attribution: Attribution;
}

/**
 * Reads a committed data file by its path below `src/data/assets`, for example `digits8/digits8-train-images.idx.gz`.
 * @throws DataError when it is missing
 */
export type ReadAsset = (path: string) => Promise<Uint8Array>;
