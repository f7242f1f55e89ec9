/** Clipping at the edges against PyTorch and TensorFlow's formula, for either engine. */
import { expect } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { parseExperiment } from '../../src/model/experiment.ts';
import type { ClipRule } from '../../src/model/schema.ts';
import { COST, gamma } from '../support/tolerance.ts';
import golden from './clip_edge.json' with { type: 'json' };
import better from './clip_edge_better.json' with { type: 'json' };
import { Updates } from './update-plan.ts';

/** One row: gradients, threshold, and what is expected. */
export interface Row {
  readonly rule: ClipRule;
  readonly name: string;
  readonly grads: readonly (readonly number[])[];
  readonly max: number;
  /** Norm before clipping; undefined where the library computes none. */
  readonly norm: number | undefined;
  readonly after: readonly (readonly number[])[];
}

type Word = number | string;
const toNumber = (value: Word) =>
  typeof value === 'number' ? value : Number(value.replace('inf', 'Infinity').replace('nan', 'NaN'));
const toNumbers = (rows: readonly (readonly Word[] | null)[]) =>
  rows.filter((row) => row !== null).map((row) => row.map(toNumber));

interface TorchRow {
  readonly case: string;
  readonly grads?: readonly (readonly Word[] | null)[];
  readonly max_norm?: Word;
  readonly norm_type?: string;
  readonly dtype?: string;
  readonly error_if_nonfinite?: boolean;
  readonly returned: Word | null;
  readonly after?: readonly (readonly Word[] | null)[];
}

/** Why an experiment cannot ask for a row; undefined where it can. */
export function whyNot({ grads, max_norm: max, norm_type, dtype, error_if_nonfinite }: TorchRow): string | undefined {
  if (!grads) return undefined;
  if (norm_type !== '2.0') return 'clips by another norm than L2';
  if (dtype !== 'float32') return 'not float32';
  if (error_if_nonfinite) return 'raises an exception instead of clipping';
  if (typeof max !== 'number' || max <= 0) return 'the threshold is not a positive number';
  return grads.every((tensor) => tensor === null) ? 'there is no gradient' : undefined;
}

const torchRows = golden.clip_grad_norm as unknown as readonly TorchRow[];

/** Rows of torch's clip_grad_norm_ that an experiment cannot ask for, with the reason. */
export const LEFT_OUT = torchRows.flatMap((row) => {
  const reason = whyNot(row);
  return reason ? [`${row.case}: ${reason}`] : [];
});

const THOUSAND = Array.from({ length: 1000 }, () => 1e25);

/** What the libraries return. */
export const LIBRARY_ROWS: readonly Row[] = [
  ...torchRows
    .filter((row) => whyNot(row) === undefined)
    .map(({ case: name, grads, max_norm, returned, after }) => ({
      rule: 'torch_norm' as const,
      name,
      // One row stands for its tensor of 1000 elements by its first.
      grads: grads ? toNumbers(grads) : [THOUSAND],
      max: (max_norm as number | undefined) ?? 1,
      norm: toNumber(returned as Word),
      after: after ? toNumbers(after) : [THOUSAND.map(() => 0)],
    })),
  ...golden.clip_grad_value
    .filter(({ clip }) => clip > 0)
    .map(({ case: name, grads, clip, after }) => ({
      rule: 'value' as const,
      name: `value: ${name}`,
      grads: toNumbers([grads]),
      max: clip,
      norm: undefined,
      after: toNumbers([after]),
    })),
  ...golden.tf
    .filter(({ fn }) => fn === 'clip_by_global_norm')
    .map(({ case: name, grads, clip, norm, after }) => ({
      rule: 'tensorflow_global_norm' as const,
      name: `tensorflow: ${name}`,
      grads: toNumbers(grads as readonly Word[][]),
      max: clip,
      norm: toNumber(norm),
      after: toNumbers(after as readonly Word[][]),
    })),
];

/** Rows where the scaled norm is deliberately better than the library's: a norm and elements that float32 holds. */
export const BETTER = new Map(better.rows.map(({ case: name, here }) => [name, here]));

/** What this engine must return: the library's values, or the better ones. */
export const ROWS: readonly Row[] = LIBRARY_ROWS.map((row) => {
  const here = BETTER.get(row.name);
  if (!here) return row;
  const after = row.after.map((tensor, k) => tensor.map((_, i) => here.after[k][i] ?? here.after[k][0]));
  return { ...row, norm: here.norm, after };
});

/** torch's rows of one gradient, where the norm of each tensor is the norm of all. */
export const PER_TENSOR_ROWS: readonly Row[] = ROWS.filter(({ rule, grads }) => rule === 'torch_norm' && grads.length === 1).map(
  (row) => ({ ...row, rule: 'torch_norm_per_tensor' }),
);

const SIZES = [THOUSAND.length, 4];

/** Every row as a replica of one plan. With SGD at rate 1 from 0, the parameters become the clipped gradients, negated. */
export async function expectRows(engine: Engine, rows = ROWS): Promise<void> {
  const experiments = rows.map(({ rule, max }) =>
    parseExperiment({ optimizer: { name: 'sgd', learningRate: 1 }, clip: { rule, max } as { rule: 'value'; max: number } }),
  );
  const updates = await Updates.open(engine, experiments, SIZES);
  try {
    rows.forEach(({ grads }, r) => {
      SIZES.forEach((size, k) => {
        updates.write(
          `grad.p${k}`,
          r,
          Array.from({ length: size }, (_, i) => grads[k]?.[i] ?? 0),
        );
      });
    });
    await updates.run(0);
    const decisions = await updates.decisions();
    const parameters = [await updates.read(0), await updates.read(1)];
    const found = rows.map(({ after, norm }, r) => ({
      norm: norm === undefined ? undefined : 2 ** decisions[r].log2Norm,
      after: after.map((tensor, k) => tensor.map((_, i) => -parameters[k][r][i])),
    }));
    const wrong = rows.flatMap((row, r) =>
      isRow(row, found[r]) ? [] : [`${row.name}: ${JSON.stringify(found[r]).slice(0, 200)}`],
    );
    expect(wrong).toEqual([]);
  } finally {
    updates.destroy();
  }
}

/**
 * Roundings between the exact clipped element and the engine's, and torch's own: inputs, the sum of up to 1000 squares in two
 * stages, log2 and 2^x, a square root, a division, two products.
 */
const ROUNDINGS = 10 + COST.sqrt + COST.divide + COST.exp(1);

function isRow({ norm, after }: Row, found: { norm: number | undefined; after: number[][] }): boolean {
  const close = (a: number, b: number) => Object.is(a, b) || a === b || Math.abs(a - b) <= gamma(ROUNDINGS) * Math.abs(b);
  // log2 of a norm is rounded to float32: |log2| below 128 is known to 2^-18, which is 2.6e-6 of the norm.
  const closeNorm = (a: number, b: number) => Object.is(a, b) || Math.abs(a - b) <= 2 ** -17 * b;
  const normFits = norm === undefined || closeNorm(found.norm as number, norm);
  return normFits && after.every((tensor, k) => tensor.every((value, i) => close(found.after[k][i], value)));
}
