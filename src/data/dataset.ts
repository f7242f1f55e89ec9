/** Credit line and licence of a data set, shown wherever the set is used. */
export interface Attribution {
  readonly title: string;
  readonly credit: string;
  readonly licence: string;
  readonly url: string;
}

/** One split of a data set: `n` examples; of a text `n` characters; of generated sequences 0 for training. */
export interface Split {
  readonly n: number;
  /** Raw or prepared inputs, (n, inputs), or (n, steps, inputs) for frames; empty for texts and what is generated. */
  readonly x: Float32Array;
  /** Class indices, (n); absent for a regression, a text and what is generated. */
  readonly labels?: Uint32Array;
  /** Target values, (n, outputs); absent for a classification and what is generated. */
  readonly targets?: Float32Array;
  /** Steps of each example, (n), at least 1; of frames alone. */
  readonly lengths?: Uint32Array;
  /** Classes of the characters, (n); of a text alone. */
  readonly codes?: Uint32Array;
}

/** A known result to compare with, with what is known of it. */
export interface Baseline {
  readonly name: string;
  /** In the task's loss: nats, or the mean squared error. */
  readonly loss?: number;
  /** Share of right answers on the held-out split, 0 to 1. */
  readonly accuracy?: number;
}

/** How examples that have steps are stored and labelled. */
export interface Sequences {
  /** `frames`: an example a row. `text`: windows of one long text. `generated`: made up on the device, example by example. */
  readonly kind: 'frames' | 'text' | 'generated';
  /** Most steps that an example can have. */
  readonly steps: number;
  /** What has a label: a sequence as a whole, or each of its steps. */
  readonly labels: 'sequence' | 'step';
  /** Known results with sequences of this length. */
  readonly baselines: (length: number) => readonly Baseline[];
}

/** A task's data, ready for training: inputs already normalised. */
export interface Dataset {
  readonly name: string;
  readonly kind: 'classification' | 'regression';
  /** Input features; of a sequence, numbers in a step. */
  readonly inputs: number;
  /** Classes, or target values. */
  readonly outputs: number;
  /** Names of the classes; empty for a regression. */
  readonly classes: readonly string[];
  /** Raw test file's picture size, where examples are pictures. */
  readonly picture?: { readonly rows: number; readonly columns: number };
  /** Present where examples have steps. A task's `length` is not part of its data: runs of several lengths share them. */
  readonly sequence?: Sequences;
  readonly train: Split;
  readonly test: Split;
  readonly attribution: Attribution;
}

/**
 * Reads a committed data file by its path below `src/data/assets`, for example `digits8/digits8-train-images.idx.gz`.
 * @throws DataError when it is missing
 */
export type ReadAsset = (path: string) => Promise<Uint8Array>;
