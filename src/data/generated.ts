/** What the generated sequence tasks share: no stored examples, only a rule for each. `draw_generated` follows the same rules. */
import type { Attribution, Baseline, Dataset } from './dataset.ts';

/** Held-out examples of every generated task. */
export const TEST_EXAMPLES = 1000;

/** Steps of the longest sequence that may be generated. */
const LONGEST = 10_000;

/** One example: a pure function of its key and its length. */
export interface SequenceExample {
  /** Writes the inputs of step `t` to `x` from `at` on, where zeros lie. */
  readonly write: (t: number, x: Float32Array, at: number) => void;
  /** Class of step `t`; 0 for a regression. Where the whole sequence has one label, every step has it. */
  readonly label: (t: number) => number;
  /** Target of a regression. */
  readonly target?: number;
}

/** How a task makes its examples. */
export interface SequenceGenerator {
  /** Numbers in a step. */
  readonly inputs: number;
  /** Seed of the held-out examples, which no experiment's seed changes. */
  readonly testSeed: number;
  /**
   * @param key of the example: every number of it is `philox(i, 0, key)` with another i
   * @param steps of the example
   * @param bits of `delayed_parity`
   */
  readonly example: (key: number, steps: number, bits: number) => SequenceExample;
}

export interface GeneratedSet {
  readonly name: string;
  readonly kind: Dataset['kind'];
  readonly inputs: number;
  readonly outputs: number;
  readonly classes: readonly string[];
  readonly labels: 'sequence' | 'step';
  readonly baselines: (length: number) => readonly Baseline[];
  readonly attribution: Attribution;
}

/** The data set of a task whose examples the device makes up. */
export function generatedDataset({ labels, baselines, ...set }: GeneratedSet): Dataset {
  const x = new Float32Array(0);
  return {
    ...set,
    sequence: { kind: 'generated', steps: LONGEST, labels, baselines },
    train: { n: 0, x },
    test: { n: TEST_EXAMPLES, x },
  };
}

/** Licence of what is computed. */
export const NO_LICENCE = 'None needed: no data file, the numbers are computed';

/** A guess among equally likely classes. */
export function chance(classes: number): Baseline {
  return { name: 'chance', loss: Math.log(classes), accuracy: 1 / classes };
}
