/** Norms, clipping, update and records: everything of an iteration that is not forward or backward. */
import type { OptimizerName } from '../model/schema.ts';
import { type Builder, step } from './builder.ts';
import { type Measured, normCount } from './measured.ts';
import { CELL, CellTable, type Piece, partsOf, piecesOf, STATES } from './pieces.ts';
import { type AnyStep, ceilTo, pieceName, type Range, type Tensor } from './plan.ts';
import { NO_EXPONENT, NO_NORM, NORM_WORDS, SEGMENT_WORDS } from './records.ts';

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
  return groups.flatMap((group) => {
    const first = group[0];
    const last = group[group.length - 1];
    const words = last.offset + last.words - first.offset;
    const count = Math.ceil(words / CELL);
    const partial = builder.memory.reserve('partial', 2 * count);
    for (const { name, offset, replicaStride } of group) {
      const own = { buffer: partial.buffer, first: partial.offset / 2 + (offset - first.offset) / CELL };
      builder.partials.set(name, { ...own, count: replicaStride / CELL });
    }
    const label = `norms of ${first.name} … ${last.name}`;
    return partsOf(count).map((part, k) => {
      const v: Range = { buffer: first.buffer, offset: first.offset + part.first * CELL, words: part.count * CELL };
      const pairs: Range = { ...partial, offset: partial.offset + 2 * part.first, words: 2 * part.count };
      return step('sum_squares', pieceName(label, k), { COUNT: part.count }, { v, partial: pairs }, [part.count, 1, 1]);
    });
  });
}

/** A replica's tensor whose pairs are joined: the buffer they lie in, and its `SEGMENT_WORDS` words. */
interface Segment {
  readonly buffer: number;
  readonly words: readonly [number, number, number, number, number];
}
type Segments = readonly Segment[];

/** Pairs from which a segment is long. */
const LONG = 1024;

/**
 * `norm_reduce` of every segment: few invocations share a short one, so that a barrier serves many, and more share a long one.
 * A segment's own length decides, so that a replica's sums do not depend on its neighbours.
 */
function reduceSteps(
  builder: Builder,
  label: string,
  partials: readonly Range[],
  segments: Segments,
  norms: Range,
  tables: Tables,
): AnyStep[] {
  const { memory, ranges } = builder;
  const classes = [
    { lanes: 8, wanted: (pairs: number) => pairs <= LONG, kind: `${label}_segments` },
    { lanes: 64, wanted: (pairs: number) => pairs > LONG, kind: `${label}_long_segments` },
  ];
  const cases = partials.flatMap((partial, k) => classes.map((each) => ({ ...each, partial, k })));
  return cases.flatMap(({ lanes, wanted, kind, partial, k }) => {
    const own = segments.filter(({ buffer, words }) => buffer === partial.buffer && wanted(words[1]));
    const rows = own.flatMap(({ words }) => words);
    const count = own.length;
    if (count === 0) return [];
    const name = pieceName(kind, k);
    tables.set(name, Uint32Array.from(rows));
    const table = memory.tensor(kind, { name, type: 'u32', replicas: 1, rows: count, columns: SEGMENT_WORDS });
    const across = Math.min(ceilTo(count, 64), 8192);
    const grid = [lanes * across, Math.ceil(count / across), 1] as const;
    const constants = { SEGMENTS: count, LANES: lanes, EXTENDED: Number(ranges.hasExponents) };
    return [step('norm_reduce', label, constants, { partial, segments: table, norms, range: ranges.whole(3) }, grid)];
  });
}

/** What tables hold, by tensor name. */
export type Tables = Map<string, Uint32Array>;

export interface MeasureSteps {
  readonly reduce: readonly AnyStep[];
  readonly clip: readonly AnyStep[];
  readonly update: readonly AnyStep[];
  readonly reduceWeights: readonly AnyStep[];
}

const replicasOf = ({ group }: Measured) => Array.from({ length: group.count }, (_, k) => group.first + k);

export function measureSteps(
  builder: Builder,
  measured: readonly Measured[],
  parameters: readonly string[],
  optimizer: OptimizerName,
  tables: Tables,
): MeasureSteps {
  const { memory, replicas: R } = builder;
  let entries = 0;
  const segments = measured.flatMap((group) =>
    replicasOf(group).flatMap((r) => {
      const names = [...group.z, ...group.d, ...group.gradients];
      const first = entries;
      entries += normCount(group);
      return names.map((name, t): Segment => {
        // Of a gradient that is another tensor's, that tensor's; a step's rows have no tensor of their own.
        const tensor = memory.tensors.get(name)?.name ?? name;
        const { buffer, first: pair, count, stride = count } = builder.pairsOf(tensor);
        return { buffer, words: [pair + r * stride, count, first + t, ...builder.ranges.placesOf(tensor, r)] };
      });
    }),
  );
  const table = (name: string, rows: number) =>
    memory.tensor(name, { name, type: 'u32', replicas: 1, rows, columns: NORM_WORDS });
  const norms = table('norms', entries);

  const pieces = piecesOf(memory);
  const ownerTable = new CellTable(builder, 0);
  for (const name of parameters) {
    const { replicas } = builder.tensor(name);
    for (let r = 0; r < replicas; r++) ownerTable.set(name, r, r);
  }
  const owners = ownerTable.tensors('owner', 'owner', tables);
  const partials = pieces.map(({ cells }) => memory.reserve('weight_partial', 4 * cells));
  const weightSegments = weightSegmentsOf(builder, measured, pieces, partials);
  const weights = table('weights', weightSegments.length);
  const control = builder.tensor('control');
  const hyper = builder.tensor('hyper');
  const operands = pieces.map(({ W, dW, cells }, k): UpdateOperands => {
    const state = { name: pieceName('state', k), replicas: 1, rows: STATES[optimizer], columns: cells * CELL };
    return { W, dW, owner: owners[k], control, hyper, partial: partials[k], state: memory.tensor('state', state) };
  });
  const clip = { norms, rows: builder.tensor('rows'), hyper, status: builder.tensor('status'), shapes: builder.tensor('shapes') };
  const { range, at } = builder.ranges.bindDecision(6);
  const losses = { B: builder.outputRows, BATCH: builder.batchSize, ...at };
  return {
    reduce: reduceSteps(builder, 'norms', memory.pieces('partial'), segments, norms, tables),
    clip: [
      step('clip_coefficient', 'control', losses, { ...clip, control, range }, [64 * R, 1, 1]),
      ...scaleSteps(builder, measured, pieces, owners, { norms, control }, tables),
    ],
    update: operands.map((each, k) => updateStep(builder, optimizer, pieceName('update', k), each)),
    reduceWeights: reduceSteps(builder, 'weights', byBuffer(partials), weightSegments, weights, tables),
  };
}

/** The pairs of the parameters, then of their updates, as the update writes them into `partials`. */
function weightSegmentsOf(
  builder: Builder,
  measured: readonly Measured[],
  pieces: readonly Piece[],
  partials: readonly Range[],
): Segment[] {
  const pieceOf = new Map(pieces.map(({ W }, k) => [W.buffer, k]));
  let n = 0;
  const segment = (name: string, r: number, isUpdate: boolean): Segment => {
    const tensor = builder.tensor(name);
    const k = pieceOf.get(tensor.buffer) ?? 0;
    const { buffer, offset } = partials[k];
    const start = offset / 2 + (isUpdate ? pieces[k].cells : 0) + (tensor.offset + r * tensor.replicaStride) / CELL;
    return { buffer, words: [start, tensor.replicaStride / CELL, n++, NO_EXPONENT, NO_EXPONENT] };
  };
  return measured.flatMap((group) =>
    replicasOf(group).flatMap((r) =>
      [false, true].flatMap((isUpdate) => group.parameters.map((name) => segment(name, r, isUpdate))),
    ),
  );
}

/** One range a buffer, from its start to the end of the last of these. */
function byBuffer(ranges: readonly Range[]): Range[] {
  const ends = new Map(ranges.map(({ buffer, offset, words }) => [buffer, offset + words]));
  return [...ends].map(([buffer, words]) => ({ buffer, offset: 0, words }));
}

type UpdateOperands = Record<'W' | 'dW' | 'owner' | 'control' | 'hyper' | 'partial' | 'state', Range>;

function updateStep(builder: Builder, optimizer: OptimizerName, label: string, operands: UpdateOperands): AnyStep {
  const cells = operands.W.words / CELL;
  const grid = [cells, 1, 1] as const;
  switch (optimizer) {
    case 'sgd':
      return step('sgd_update', label, { CELLS: cells }, { ...operands, status: builder.tensor('status') }, grid);
    case 'adam':
    case 'adamw':
      return step('adam_update', label, { CELLS: cells }, operands, grid);
    case 'rmsprop':
      return step('rmsprop_update', label, { CELLS: cells }, operands, grid);
  }
}

/** Of each cell of the parameters, the number of the norm that its gradient has a part in. */
export function cellNorms(builder: Builder, measured: readonly Measured[]): CellTable {
  const table = new CellTable(builder, NO_NORM);
  // Norms lie replica by replica, in the order of what is measured of each.
  let n = 0;
  for (const group of measured) {
    for (const r of replicasOf(group)) {
      n += group.z.length + group.d.length;
      for (const name of group.parameters) table.set(name, r, n++);
      n += group.units.length + group.gates;
    }
  }
  return table;
}

/** Gradients that have an exponent, brought to float32 with the clip coefficient's exponent, before anything is updated by them. */
function scaleSteps(
  builder: Builder,
  measured: readonly Measured[],
  pieces: readonly Piece[],
  owners: readonly Range[],
  operands: Readonly<Record<'norms' | 'control', Range>>,
  tables: Tables,
): AnyStep[] {
  if (!builder.ranges.hasExponents) return [];
  return cellNorms(builder, measured)
    .tensors('owner', 'cell_norms', tables)
    .map((cell_norms, k) => {
      const { dW, cells } = pieces[k];
      const bindings = { dW, cell_norms, owner: owners[k], ...operands };
      return step('scale_gradients', pieceName('gradients', k), { CELLS: cells }, bindings, [cells, 1, 1]);
    });
}
