/** Walks of cells with layer norm inside: what they keep beside the cache, and their steps. */
import { GATES, type RecurrenceOp } from '../model/recurrent-network.ts';
import { type Builder, step, tiles } from './builder.ts';
import { NORM_EPSILON } from './norm.ts';
import type { AnyStep, Range } from './plan.ts';
import { sequenceWords } from './records.ts';
import { CELL_CODE, gridOf, LANES, type Walk, walkConstants, walked, walkOf } from './walk.ts';

/** Reserves what shaders/lib/norm_blocks says of each row: x̂ and its gradient of each gate, deviations, of the GRU the state before. */
export function reserveNorm(builder: Builder, { cell, hidden, steps, output }: RecurrenceOp): void {
  const blocks = 2 * GATES[cell].length + (cell === 'gru' ? 2 : 1);
  builder.activation('norm', `${output}.norm`, blocks * hidden, output, { steps, blocks });
}

/** Gain and shift of a layer, or their gradients, as one range, and the place of the second in it. */
function affineOf(builder: Builder, name: string): { readonly affine: Range; readonly BETA: number } {
  const [gamma, beta] = [builder.tensor(`${name}.gamma`), builder.tensor(`${name}.beta`)];
  const BETA = beta.offset - gamma.offset;
  return { affine: { ...gamma, words: BETA + beta.words }, BETA };
}

/** Where several workgroups share the units of a row its parts must be dispatches of their own: the numbers of PART. */
function partsOf({ across }: Walk, count: number): readonly number[] {
  return across[0] === 1 ? [0] : Array.from({ length: count }, (_, k) => k + 1);
}

export function normForward(builder: Builder, replicas: number, op: RecurrenceOp): AnyStep[] {
  const { name, input, output } = op;
  const walk = walkOf(op, builder.batchSize, replicas);
  const { affine, BETA } = affineOf(builder, name);
  const constants = { ...walkConstants(op, builder.batchSize, walk), BETA, EPSILON: NORM_EPSILON };
  const bindings = {
    a: builder.tensor(input),
    W: builder.tensor(`${name}.weight`),
    affine,
    h: builder.tensor(output),
    h_prev: builder.tensor(`${output}.prev`),
    cache: builder.tensor(`${output}.cache`),
    norm: builder.tensor(`${output}.norm`),
    sequence: builder.tensor('sequence'),
  };
  const grid = gridOf(walk, replicas);
  const parts = partsOf(walk, 3).map((PART) => step('recurrent_norm_forward', output, { ...constants, PART }, bindings, grid));
  return walked(builder, walk, parts, 1);
}

/** @param second what the walk writes beside the gates' gradients */
export function normBackward(builder: Builder, replicas: number, op: RecurrenceOp, second: Range): AnyStep[] {
  const { cell, name, input, output, truncation, steps, hidden } = op;
  const { batchSize: B } = builder;
  const walk = walkOf(op, B, replicas);
  const constants = { ...walkConstants(op, B, walk), TRUNCATION: truncation };
  const norm = builder.tensor(`${output}.norm`);
  const sequence = builder.tensor('sequence');
  const bindings = {
    dh: builder.tensor(`d${output}`),
    W: builder.tensor(`${name}.weight`),
    cache: builder.tensor(`${output}.cache`),
    norm,
    da: builder.tensor(`d${input}`),
    second,
    affine: builder.tensor(`${name}.gamma`),
    sequence,
  };
  const grid = gridOf(walk, replicas);
  const label = `d${output}`;
  const parts = partsOf(walk, 2).map((PART) => step('recurrent_norm_backward', label, { ...constants, PART }, bindings, grid));
  const { affine, BETA } = affineOf(builder, `grad.${name}`);
  const shape = { B, T: steps, H: hidden, CELL: CELL_CODE[cell], BETA, SEQ: sequenceWords(B) };
  const columns = [LANES * GATES[cell].length * tiles(hidden), 1, replicas] as const;
  const gains = step('recurrent_norm_affine', `grad.${name}.gamma`, shape, { norm, affine, sequence }, columns);
  return [...walked(builder, walk, parts, -1), gains];
}
