/** Norms, clipping, update and records: everything of an iteration that is not forward or backward. */
import type { OptimizerName } from '../model/schema.ts';
import { type Builder, step } from './builder.ts';
import type { PlanGroup } from './placement.ts';
import { type AnyStep, ceilTo, type Range, type Tensor } from './plan.ts';
import { NO_EXPONENT, NO_NORM, NORM_WORDS, SEGMENT_WORDS } from './records.ts';

/** Cells of 16 parameters; an optimizer invocation owns one. */
export const CELL = 16;

const STATES: Readonly<Record<OptimizerName, number>> = { sgd: 1, adam: 2, adamw: 2, rmsprop: 3 };

/** The tensors of a group whose norms are measured each iteration, in execution order, by the plan's names. */
export interface Measured {
  readonly group: PlanGroup;
  readonly z: readonly string[];
  readonly d: readonly string[];
  readonly gradients: readonly string[];
  readonly parameters: readonly string[];
  /** Hidden layers whose outputs are measured, their norms behind the others; empty where they are not. */
  readonly units: readonly string[];
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

/** `SEGMENT_WORDS` words of a replica's tensors. */
type Segment = readonly [number, number, number, number, number];
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
  partial: Range,
  segments: Segments,
  norms: Range,
  tables: Tables,
): AnyStep[] {
  const { memory, ranges } = builder;
  return [
    { lanes: 8, wanted: (pairs: number) => pairs <= LONG, name: `${label}_segments` },
    { lanes: 64, wanted: (pairs: number) => pairs > LONG, name: `${label}_long_segments` },
  ].flatMap(({ lanes, wanted, name }) => {
    const rows = segments.flatMap((segment) => (wanted(segment[1]) ? segment : []));
    const count = rows.length / SEGMENT_WORDS;
    if (count === 0) return [];
    tables.set(name, Uint32Array.from(rows));
    const table = memory.tensor(name, { name, type: 'u32', replicas: 1, rows: count, columns: SEGMENT_WORDS });
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
  readonly update: AnyStep;
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
  const pairs = (name: string, r: number) => {
    const { first, count } = builder.partials.get(builder.tensor(name).name) ?? { first: 0, count: 0 };
    return [first + r * count, count] as const;
  };
  let entries = 0;
  const segments = measured.flatMap((group) =>
    replicasOf(group).flatMap((r) => {
      const names = [...group.z, ...group.d, ...group.gradients];
      const first = entries;
      entries += names.length + group.units.length;
      return names.map((name, t): Segment => {
        return [...pairs(name, r), first + t, ...builder.ranges.placesOf(builder.tensor(name).name, r)];
      });
    }),
  );
  const table = (name: string, rows: number) =>
    memory.tensor(name, { name, type: 'u32', replicas: 1, rows, columns: NORM_WORDS });
  const norms = table('norms', entries);

  const cells = memory.wordsOf('param') / CELL;
  const owners = new Uint32Array(cells);
  for (const name of parameters) {
    const { offset, replicaStride, replicas } = builder.tensor(name);
    for (let r = 0; r < replicas; r++) {
      owners.fill(r, (offset + r * replicaStride) / CELL, (offset + (r + 1) * replicaStride) / CELL);
    }
  }
  tables.set('owner', owners);
  const owner = memory.tensor('owner', { name: 'owner', type: 'u32', replicas: 1, rows: 1, columns: cells });
  const weightPartial = memory.reserve('weight_partial', 4 * cells);
  const weightPairs = (name: string, r: number, start: number) => {
    const { offset, replicaStride } = builder.tensor(name);
    return [start + (offset + r * replicaStride) / CELL, replicaStride / CELL] as const;
  };
  const weightSegments = measured
    .flatMap((group) =>
      replicasOf(group).flatMap((r) =>
        [0, cells].flatMap((start) => group.parameters.map((name) => weightPairs(name, r, start))),
      ),
    )
    .map((pair, n): Segment => [...pair, n, NO_EXPONENT, NO_EXPONENT]);
  const weights = table('weights', weightSegments.length);
  const operands = {
    W: memory.whole('param'),
    dW: memory.whole('grad'),
    owner,
    control: builder.tensor('control'),
    hyper: builder.tensor('hyper'),
    partial: weightPartial,
    state: memory.tensor('state', { name: 'state', replicas: 1, rows: STATES[optimizer], columns: cells * CELL }),
  };
  const { control, hyper } = operands;
  const clip = { norms, rows: builder.tensor('rows'), hyper, status: builder.tensor('status'), shapes: builder.tensor('shapes') };
  const { range, at } = builder.ranges.bindDecision(6);
  return {
    reduce: reduceSteps(builder, 'norms', memory.whole('partial'), segments, norms, tables),
    clip: [
      step('clip_coefficient', 'control', { B: builder.batchSize, ...at }, { ...clip, control, range }, [64 * R, 1, 1]),
      ...scaleSteps(builder, measured, cells, { owner, norms, control }, tables),
    ],
    update: updateStep(builder, optimizer, cells, operands),
    reduceWeights: reduceSteps(builder, 'weights', weightPartial, weightSegments, weights, tables),
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
      return step('adam_update', 'update', { CELLS: cells }, operands, grid);
    case 'rmsprop':
      return step('rmsprop_update', 'update', { CELLS: cells }, operands, grid);
  }
}

/** Gradients that have an exponent, brought to float32 with the clip coefficient's exponent, before anything is updated by them. */
function scaleSteps(
  builder: Builder,
  measured: readonly Measured[],
  cells: number,
  operands: Readonly<Record<'owner' | 'norms' | 'control', Range>>,
  tables: Tables,
): AnyStep[] {
  if (!builder.ranges.hasExponents) return [];
  const { memory } = builder;
  const norms = new Uint32Array(cells).fill(NO_NORM);
  let first = 0;
  for (const group of measured) {
    for (const r of replicasOf(group)) {
      first += group.z.length + group.d.length;
      for (const name of group.gradients) {
        const { offset, replicaStride } = builder.tensor(name);
        norms.fill(first, (offset + r * replicaStride) / CELL, (offset + (r + 1) * replicaStride) / CELL);
        first++;
      }
      first += group.units.length;
    }
  }
  tables.set('cell_norms', norms);
  const cell_norms = memory.tensor('owner', { name: 'cell_norms', type: 'u32', replicas: 1, rows: 1, columns: cells });
  return [
    step('scale_gradients', 'gradients', { CELLS: cells }, { dW: memory.whole('grad'), cell_norms, ...operands }, [cells, 1, 1]),
  ];
}
