/** Norms, clipping, update and records: everything of an iteration that is not forward or backward. */
import type { OptimizerName } from '../model/schema.ts';
import { type Builder, step } from './builder.ts';
import { type AnyStep, ceilTo, type Range, type Tensor } from './plan.ts';

/** Cells of 16 parameters; an optimizer invocation owns one. */
export const CELL = 16;

const STATES: Readonly<Record<OptimizerName, number>> = { sgd: 1, adam: 2, adamw: 2, rmsprop: 3 };

/** The tensors whose norms are measured each iteration, in execution order. */
export interface Measured {
  readonly z: readonly string[];
  readonly d: readonly string[];
  readonly gradients: readonly string[];
  readonly parameters: readonly string[];
}

/** Norm pairs, by a pass of their own, of tensors whose producer has not written any; neighbours share a dispatch. */
export function sumSquaresSteps(builder: Builder, names: readonly string[]): AnyStep[] {
  const missing = names.filter((name) => !builder.partials.has(builder.tensor(name).name)).map((name) => builder.tensor(name));
  missing.sort((a, b) => a.buffer - b.buffer || a.offset - b.offset);
  const groups: Tensor[][] = [];
  for (const tensor of missing) {
    const last = groups.at(-1)?.at(-1);
    // Tensors start at multiples of 64 elements: a gap below that is alignment and holds zeros.
    const adjacent = last && last.buffer === tensor.buffer && tensor.offset - (last.offset + last.words) < 64;
    if (adjacent) groups.at(-1)?.push(tensor);
    else groups.push([tensor]);
  }
  return groups.map((group) => {
    const first = group[0];
    const last = group[group.length - 1];
    const words = last.offset + last.words - first.offset;
    const count = Math.ceil(words / CELL);
    const partial = builder.memory.reserve('partial', 2 * count);
    for (const { name, offset, replicaStride } of group) {
      builder.partials.set(name, { first: partial.offset / 2 + (offset - first.offset) / CELL, count: replicaStride / CELL });
    }
    const v: Range = { buffer: first.buffer, offset: first.offset, words: count * CELL };
    return step('sum_squares', `norms of ${first.name} … ${last.name}`, { COUNT: count }, { v, partial }, [count, 1, 1]);
  });
}

/** A table that a step reads, where it lies and what it holds. */
interface Table {
  readonly range: Range;
  readonly contents: Uint32Array;
}

/** Invocations that share a segment of so many pairs: few, so that a barrier serves many segments, unless segments are long. */
function lanesFor(pairs: number): number {
  return pairs <= 1024 ? 8 : 64;
}

/** A segment table for `norm_reduce`: (first pair, pairs) of every (replica, tensor). */
function reduceStep(label: string, partial: Range, segments: Table, norms: Range): AnyStep {
  const count = segments.contents.length / 2;
  const lanes = lanesFor(segments.contents.reduce((most, word, k) => (k % 2 === 1 ? Math.max(most, word) : most), 0));
  const across = Math.min(ceilTo(count, 64), 8192);
  return step('norm_reduce', label, { SEGMENTS: count, LANES: lanes }, { partial, segments: segments.range, norms }, [
    lanes * across,
    Math.ceil(count / across),
    1,
  ]);
}

export interface MeasureSteps {
  readonly reduce: AnyStep;
  readonly clip: AnyStep;
  readonly update: AnyStep;
  readonly reduceWeights: AnyStep;
  /** Contents of the tables that these steps read. */
  readonly contents: ReadonlyMap<string, Uint32Array>;
}

export function measureSteps(builder: Builder, measured: Measured, optimizer: OptimizerName): MeasureSteps {
  const { memory, replicas: R } = builder;
  const tables = new Map<string, Uint32Array>();
  const names = [...measured.z, ...measured.d, ...measured.gradients];
  const table = (name: string, rows: number[][]): Table => {
    const contents = Uint32Array.from(rows.flat());
    tables.set(name, contents);
    return {
      contents,
      range: memory.tensor(name, { name, type: 'u32', replicas: 1, rows: rows.length, columns: rows[0].length }),
    };
  };
  const pairs = (name: string, r: number) => {
    const { first, count } = builder.partials.get(builder.tensor(name).name) ?? { first: 0, count: 0 };
    return [first + r * count, count];
  };
  const replicas = Array.from({ length: R }, (_, r) => r);
  const segments = table(
    'segments',
    replicas.flatMap((r) => names.map((name) => pairs(name, r))),
  );
  const norms = memory.tensor('norms', { name: 'norms', type: 'u32', replicas: R, rows: names.length, columns: 2 });

  const cells = memory.wordsOf('param') / CELL;
  const owners = new Uint32Array(cells);
  for (const name of measured.parameters) {
    const { offset, replicaStride } = builder.tensor(name);
    for (const r of replicas) owners.fill(r, (offset + r * replicaStride) / CELL, (offset + (r + 1) * replicaStride) / CELL);
  }
  tables.set('owner', owners);
  const owner = memory.tensor('owner', { name: 'owner', type: 'u32', replicas: 1, rows: 1, columns: cells });
  const weightPartial = memory.reserve('weight_partial', 4 * cells);
  const weightPairs = (name: string, r: number, start: number) => {
    const { offset, replicaStride } = builder.tensor(name);
    return [start + (offset + r * replicaStride) / CELL, replicaStride / CELL];
  };
  const weightSegments = table(
    'weight_segments',
    replicas.flatMap((r) => [0, cells].flatMap((start) => measured.parameters.map((name) => weightPairs(name, r, start)))),
  );
  const G = measured.parameters.length;
  const weights = memory.tensor('weights', { name: 'weights', type: 'u32', replicas: R, rows: 2 * G, columns: 2 });
  const state = memory.reserve('state', STATES[optimizer] * cells * CELL);
  const operands = {
    W: memory.whole('param'),
    dW: memory.whole('grad'),
    owner,
    control: builder.tensor('control'),
    hyper: builder.tensor('hyper'),
    partial: weightPartial,
    state,
  };
  return {
    reduce: reduceStep('norms', memory.whole('partial'), segments, norms),
    clip: step(
      'clip_coefficient',
      'control',
      { B: builder.batchSize, Z: measured.z.length, D: measured.d.length, G: measured.gradients.length },
      { norms, rows: builder.tensor('rows'), hyper: operands.hyper, status: builder.tensor('status'), control: operands.control },
      [64 * R, 1, 1],
    ),
    update: updateStep(builder, optimizer, cells, operands),
    reduceWeights: reduceStep('weights', weightPartial, weightSegments, weights),
    contents: tables,
  };
}

type UpdateOperands = Record<'W' | 'dW' | 'owner' | 'control' | 'hyper' | 'partial' | 'state', Range>;

function updateStep(builder: Builder, optimizer: OptimizerName, cells: number, operands: UpdateOperands): AnyStep {
  const grid = [cells, 1, 1] as const;
  switch (optimizer) {
    case 'sgd':
      return step('sgd_update', 'update', { CELLS: cells }, { ...operands, status: builder.tensor('status') }, grid);
    case 'adam':
    case 'adamw':
      return step('adam_update', 'update', { CELLS: cells, DECOUPLED: Number(optimizer === 'adamw') }, operands, grid);
    case 'rmsprop':
      return step('rmsprop_update', 'update', { CELLS: cells }, operands, grid);
  }
}
