/** Compiles a network into a plan. */

import { SCALARS } from '../metrics/block.ts';
import { LimitError } from '../model/errors.ts';
import { blocksOf, type Network, PARAMETER_ROLES, parametersOf, stepsOf } from '../model/network.ts';
import { GATES } from '../model/recurrent-network.ts';
import type { Experiment, NumberRange, OptimizerName } from '../model/schema.ts';
import { backwardSteps } from './backward.ts';
import { evaluationStep, lossStep, reserveRecords } from './batch.ts';
import { Builder, step, tiles } from './builder.ts';
import { type ClipStep, clipSteps } from './clip.ts';
import { drawStep, type Source } from './draw.ts';
import { forwardSteps, reserveActivations } from './forward.ts';
import {
  halfStartSteps,
  reserveRoundedGradients,
  reserveWorkingCopies,
  roundBatchSteps,
  roundGradientsSteps,
  scaleLossSteps,
  withRounding,
} from './half.ts';
import { histogramSteps } from './histograms.ts';
import { checkLimits, type Limits, REMEDY } from './limits.ts';
import { measureSteps, sumSquaresSteps, type Tables } from './measure.ts';
import { findStepPairs, measuredOf, measuredTensors } from './measured.ts';
import { Memory, paddedColumns } from './memory.ts';
import { CELL, mostWords, partsOf } from './pieces.ts';
import { placeNetworks } from './placement.ts';
import { ALIGNMENT, type AnyStep, ceilTo, type Plan, pieceName, type Tensor, WORD } from './plan.ts';
import type { Exponents } from './range.ts';
import { gateSteps } from './recurrence.ts';
import { layerNamesOf, shapeTables } from './shapes.ts';
import { unitSteps } from './units.ts';

export interface PlanRequest {
  /** Networks that differ in depth alone, deepest first, and how many replicas of each. */
  readonly networks: readonly { readonly network: Network; readonly replicas: number }[];
  readonly batchSize: number;
  readonly optimizer: OptimizerName;
  /** Default: ieee. */
  readonly range?: NumberRange;
  /** Default: float32. */
  readonly precision?: Experiment['precision']['name'];
  /** Default: none. */
  readonly clip?: readonly ClipStep[];
  readonly source: Source;
  /** Iterations between two per-layer records. */
  readonly layersEvery: number;
  /** Whether hidden layers' outputs and weights are recorded too, or gradients alone, as by default. */
  readonly layers?: Experiment['probes']['layers'];
  /** Whether histograms of the weights' gradients are recorded. Default: no. */
  readonly histograms?: boolean;
  /** Iterations that the metrics ring holds; fewer where their layer records would need too much memory. */
  readonly ring: number;
  readonly limits: Limits;
}

/** @throws LimitError when a buffer exceeds the device's limits */
export function buildPlan(request: PlanRequest): Plan {
  const { batchSize: B, layersEvery, limits } = request;
  const placement = placeNetworks(request.networks);
  const most = mostWords(limits, request.optimizer);
  const builder = new Builder(placement, B, exponentsOf(request), new Memory(most.any, most.byRole));
  const { memory, replicas: R } = builder;
  const tables: Tables = new Map();
  reserveRecords(builder, request, tables);
  const parameters = reserveParameters(builder);
  reserveWorkingCopies(builder, parameters);
  reserveActivations(builder);
  // Before the tables are filled, whose size would itself exceed memory where the network does.
  checkLimits(memory.buffers(), [], limits);

  const forward = withRounding(builder, forwardSteps(builder, 'train'));
  const scaled = scaleLossSteps(builder);
  const backward = withRounding(builder, backwardSteps(builder));
  const roundedPairs = reserveRoundedGradients(
    builder,
    parameters.map((name) => `grad.${name}`),
  );
  const all = request.layers === 'all';
  const measured = placement.groups.map((group) => measuredOf(group, all, request.histograms));
  const squares = sumSquaresSteps(builder, measuredTensors(measured));
  findStepPairs(builder);
  const { reduce, clip, update, reduceWeights } = measureSteps(builder, measured, parameters, request.optimizer, tables);
  const clipping = clipSteps(builder, measured, parameters, request.clip ?? [], tables);
  const { groups, words: layerWords } = shapeTables(builder, measured, tables);
  const ring = ringOf(request, layerWords);
  const layerSlots = Math.ceil(ring / layersEvery) + 1;
  const records = { ring, every: layersEvery, slots: layerSlots, words: layerWords };
  const record = recordStep(builder, records);
  const histograms = request.histograms ? histogramSteps(builder, measured, records, tables) : [];
  const loss = lossStep(builder);
  const { source } = request;
  const clear = clearSteps(builder);
  const iteration = [
    ...clear,
    ...(source.kind === 'given' ? roundBatchSteps(builder) : withRounding(builder, [drawStep(builder, source, 'train')])),
    ...halfStartSteps(builder, true),
    ...forward,
    loss,
    ...scaled,
    ...backward,
    ...roundGradientsSteps(builder, roundedPairs),
    ...squares,
    ...reduce,
    ...(all ? [...unitSteps(builder, layersEvery), ...gateSteps(builder, layersEvery)] : []),
    ...histograms,
    ...clip,
    ...clipping,
    ...update,
    ...reduceWeights,
    record,
  ];
  const evaluation =
    source.kind === 'given'
      ? []
      : [
          ...clear,
          ...withRounding(builder, [drawStep(builder, source, 'test')]),
          ...halfStartSteps(builder, false),
          ...withRounding(builder, forwardSteps(builder, 'evaluate')),
          loss,
          evaluationStep(builder),
        ];

  const buffers = memory.buffers();
  checkLimits(buffers, [...iteration, ...evaluation], limits);
  const { network, measured: searched } = groups[0];
  return {
    summary: {
      replicas: R,
      parameters: parametersOf(network).reduce((sum, { rows, columns }) => sum + rows * columns, 0),
      bytes: buffers.reduce((sum, { words }) => sum + words * WORD, 0),
      dispatchesPerIteration: iteration.length,
      flopPerIteration: groups.reduce((sum, group) => sum + group.count * flopOf(group.network, B), 0),
      ...layerNamesOf(measured[0], builder.isHalf),
      measured: searched,
    },
    replicas: R,
    groups,
    batchSize: B,
    loss: network.loss,
    buffers,
    tensors: memory.tensors,
    contents: tables,
    iteration,
    evaluation,
    ring,
    layerSlots,
    layerWords,
    layersEvery,
  };
}

/** Words of the layer ring at most, 64 MiB: a record may have one of each of ten thousand steps. */
const MOST_RING_WORDS = 2 ** 24;

/** Iterations that the rings hold: at least one. */
function ringOf({ ring, layersEvery }: PlanRequest, layerWords: number): number {
  const slots = Math.floor(MOST_RING_WORDS / Math.max(1, layerWords));
  return Math.min(ring, Math.max(1, (slots - 1) * layersEvery));
}

function exponentsOf({ range, precision }: PlanRequest): Exponents {
  if (precision === 'float16') return 'loss_scale';
  return range === 'extended' ? 'every_tensor' : 'none';
}

/** Floating-point operations of one replica's matrix products in one iteration. */
export function flopOf({ ops, input: data }: Network, batchSize: number): number {
  return ops.reduce((sum, op) => {
    const rows = batchSize * (stepsOf(op) ?? 1);
    if (op.op === 'recurrence') return sum + 6 * rows * op.hidden ** 2 * GATES[op.cell].length;
    return op.op === 'linear' ? sum + 2 * rows * op.inputs * op.outputs * (op.input === data ? 2 : 3) : sum;
  }, 0);
}

/**
 * Parameters role by role, so that equal layers lie at equal strides, and their gradients in the same layout.
 *
 * @returns the plan's names of all parameters
 */
function reserveParameters(builder: Builder): string[] {
  const { placement, memory } = builder;
  // The heads of all groups share their parameters.
  const extents = new Map<string, number>();
  for (const { op, first, count } of placement.ops) {
    for (const part of PARAMETER_ROLES) {
      if ('name' in op) extents.set(`${op.name}.${part}`, Math.max(extents.get(`${op.name}.${part}`) ?? 0, first + count));
    }
  }
  const all = parametersOf(placement.deepest);
  const isBound = placement.deepest.ops.some((op) => op.op === 'batch_norm' || (op.op === 'recurrence' && op.isNormed));
  const words = (role: string) =>
    all.reduce((sum, { role: own, name, columns, gates }) => {
      const padded = ceilTo(paddedColumns(columns, blocksOf(gates?.cell)), CELL);
      return own === role ? sum + ceilTo((extents.get(name) ?? 0) * padded, ALIGNMENT / WORD) : sum;
    }, 0);
  for (const role of PARAMETER_ROLES) {
    // Batch norm and the norm inside cells bind a layer's gamma and beta, or their gradients, as one range.
    if (role === 'gamma' && isBound) {
      const both = words('gamma') + words('beta');
      const most = memory.mostWordsOf('grad');
      if (both > most) throw new LimitError('bytes of the norms’ parameters', both * WORD, most * WORD, REMEDY);
      for (const buffer of ['param', 'grad']) memory.together(buffer, both);
    }
    for (const { name, rows, columns, gates } of all.filter((parameter) => parameter.role === role)) {
      const vector = role !== 'weight';
      const replicas = extents.get(name) ?? 0;
      const blocks = blocksOf(gates?.cell);
      memory.parameter('param', name, replicas, [rows, columns], vector, blocks);
      memory.parameter('grad', `grad.${name}`, replicas, [rows, columns], vector, blocks);
      const across = tiles(paddedColumns(columns, blocks));
      if (role === 'weight') builder.reservePartials(`grad.${name}`, tiles(rows) * across);
      if (role === 'bias') builder.reservePartials(`grad.${name}`, across);
    }
  }
  return all.map(({ name }) => name);
}

/** No tensor has an exponent at the start of a pass. */
function clearSteps({ memory, ranges }: Builder): AnyStep[] {
  if (!ranges.isExtended) return [];
  const [whole] = memory.pieces('range');
  return partsOf(whole.words / 4).map(({ first, count }, k) => {
    const range = { ...whole, offset: 4 * first, words: 4 * count };
    return step('clear_range', pieceName('exponents', k), { COUNT: count }, { range }, [count, 1, 1]);
  });
}

function recordStep(builder: Builder, layers: { ring: number; every: number; slots: number; words: number }): AnyStep {
  const { memory, replicas: R } = builder;
  const { ring, every: EVERY, slots: SLOTS, words } = layers;
  const whole = (name: string, columns: number): Tensor =>
    memory.tensor(name, { name, type: 'u32', replicas: 1, rows: 1, columns });
  return step(
    'record_iteration',
    'record',
    { R, LAYER_WORDS: words, EVERY, RING: ring, SLOTS },
    {
      control: builder.tensor('control'),
      norms: builder.tensor('norms'),
      weights: builder.tensor('weights'),
      layer_map: builder.tensor('layer_map'),
      shapes: builder.tensor('shapes'),
      status: builder.tensor('status'),
      ring: whole('ring', ring * R * SCALARS.length),
      layers: whole('layers', SLOTS * words),
    },
    [64 * R, 1, 1],
  );
}
