/** Compiles a network into a plan. */

import { SCALARS } from '../metrics/block.ts';
import { LimitError } from '../model/errors.ts';
import { type Network, parametersOf } from '../model/network.ts';
import type { OptimizerName } from '../model/schema.ts';
import { backwardSteps } from './backward.ts';
import { Builder, step, tiles } from './builder.ts';
import { forwardSteps, reserveActivations } from './forward.ts';
import { kernelEntry } from './kernels.ts';
import { type Measured, measureSteps, sumSquaresSteps } from './measure.ts';
import { type AnyStep, ceilTo, type Plan, type Tensor, WORD } from './plan.ts';
import { CONTROL_WORDS, HYPER_WORDS, STATUS_WORDS } from './records.ts';

/** Sizes in bytes beyond which a device refuses. */
export interface Limits {
  readonly bufferBytes: number;
  readonly bindingBytes: number;
  readonly totalBytes: number;
}

export interface PlanRequest {
  readonly network: Network;
  readonly replicas: number;
  readonly batchSize: number;
  readonly optimizer: OptimizerName;
  /** Batches drawn on the device from data sets of these sizes, or one batch given by the host. */
  readonly source: { readonly kind: 'drawn'; readonly train: number; readonly test: number } | { readonly kind: 'given' };
  /** Iterations between two per-layer records. */
  readonly layersEvery: number;
  /** Iterations that the metrics ring holds. */
  readonly ring: number;
  readonly limits: Limits;
}

/** @throws LimitError when a buffer exceeds the device's limits */
export function buildPlan(request: PlanRequest): Plan {
  const { network, replicas: R, batchSize: B, ring, layersEvery } = request;
  const builder = new Builder(network, R, B);
  reserveRecords(builder, request);
  reserveParameters(builder);
  reserveActivations(builder);
  // Before the tables are filled, whose size would itself exceed memory where the network does.
  checkLimits(builder.memory.buffers(), [], request.limits);

  const forward = forwardSteps(builder, 'train');
  const backward = backwardSteps(builder);
  const parameters = parametersOf(network).map(({ name }) => name);
  const gradients = parameters.map((name) => `grad.${name}`);
  const linears = network.ops.filter((op) => op.op === 'linear');
  const measured: Measured = {
    z: linears.map(({ output }) => output),
    d: network.gradientLayers.map((name) => `d${name}`).reverse(),
    gradients,
    parameters,
  };
  const squares = sumSquaresSteps(builder, [...measured.d, ...gradients]);
  const { reduce, clip, update, reduceWeights, contents } = measureSteps(builder, measured, request.optimizer);
  const layerSlots = Math.ceil(ring / layersEvery) + 1;
  const record = recordStep(builder, measured, ring, layersEvery, layerSlots);
  const loss = lossStep(builder);
  const drawn = request.source.kind === 'drawn';
  const iteration = [
    ...(drawn ? [drawStep(builder, request.source.train, false)] : []),
    ...forward,
    loss,
    ...backward,
    ...squares,
    reduce,
    clip,
    update,
    reduceWeights,
    record.step,
  ];
  const evaluation = drawn
    ? [drawStep(builder, request.source.test, true), ...forwardSteps(builder, 'evaluate'), loss, evaluationStep(builder)]
    : [];

  const buffers = builder.memory.buffers();
  checkLimits(buffers, [...iteration, ...evaluation], request.limits);
  const flop = linears.reduce(
    (sum, { input, inputs, outputs }) => sum + 2 * R * B * inputs * outputs * (input === network.input ? 2 : 3),
    0,
  );
  return {
    summary: {
      replicas: R,
      parameters: parametersOf(network).reduce((sum, { rows, columns }) => sum + rows * columns, 0),
      bytes: buffers.reduce((sum, { words }) => sum + words * WORD, 0),
      dispatchesPerIteration: iteration.length,
      flopPerIteration: flop,
      gradientLayers: network.gradientLayers,
      weightLayers: network.weightLayers,
      measured: [...measured.z, 'loss', ...measured.d, ...gradients, ...parameters],
    },
    replicas: R,
    batchSize: B,
    loss: network.loss,
    buffers,
    tensors: builder.memory.tensors,
    parameters,
    contents: new Map([...contents, ['layer_map', record.map]]),
    iteration,
    evaluation,
    ring,
    layerSlots,
    layersEvery,
  };
}

/** The batch, the data sets it is drawn from, and the per-replica records. */
function reserveRecords(builder: Builder, { source }: PlanRequest): void {
  const { memory, network, replicas: R, batchSize: B } = builder;
  const regression = network.loss === 'mse';
  builder.activation('batch', network.input, network.inputs);
  memory.tensor('batch', { name: 'label', type: 'u32', replicas: R, rows: 1, columns: B, rowStride: ceilTo(B, 4) });
  if (regression) builder.activation('batch', 'target', network.outputs);
  memory.tensor('rows', { name: 'rows', replicas: R, rows: B, columns: 2, replicaStride: 2 * ceilTo(B, 4) });
  for (const [split, n] of source.kind === 'drawn'
    ? ([
        ['train', source.train],
        ['test', source.test],
      ] as const)
    : []) {
    const matrix = (name: string, columns: number) =>
      memory.tensor(name, { name, replicas: 1, rows: n, columns, rowStride: ceilTo(columns, 4) });
    matrix(`${split}.x`, network.inputs);
    memory.tensor(`${split}.label`, { name: `${split}.label`, type: 'u32', replicas: 1, rows: n, columns: 1 });
    if (regression) matrix(`${split}.target`, network.outputs);
  }
  memory.tensor('hyper', { name: 'hyper', replicas: R, rows: 1, columns: HYPER_WORDS });
  memory.tensor('status', { name: 'status', type: 'u32', replicas: R, rows: 1, columns: STATUS_WORDS });
  memory.tensor('control', { name: 'control', type: 'u32', replicas: R, rows: 1, columns: CONTROL_WORDS });
  memory.tensor('evaluation', { name: 'evaluation', replicas: R, rows: 1, columns: 4 });
}

/** Parameters role by role, so that equal layers lie at equal strides, and their gradients in the same layout. */
function reserveParameters(builder: Builder): void {
  const all = parametersOf(builder.network);
  for (const role of ['weight', 'bias', 'gamma', 'beta'] as const) {
    for (const { name, rows, columns } of all.filter((parameter) => parameter.role === role)) {
      const vector = role !== 'weight';
      builder.memory.parameter('param', name, builder.replicas, rows, columns, vector);
      builder.memory.parameter('grad', `grad.${name}`, builder.replicas, rows, columns, vector);
      if (role === 'weight') builder.reservePartials(`grad.${name}`, tiles(rows) * tiles(columns));
      if (role === 'bias') builder.reservePartials(`grad.${name}`, tiles(columns));
    }
  }
}

function drawStep(builder: Builder, n: number, sequential: boolean): AnyStep {
  const { network, memory, replicas: R, batchSize: B } = builder;
  const split = sequential ? 'test' : 'train';
  const regression = network.loss === 'mse';
  return step(
    'draw_batch',
    `batch of ${split}`,
    { N: n, B, I: network.inputs, C: network.outputs, TARGETS: Number(regression), SEQUENTIAL: Number(sequential) },
    {
      data: builder.tensor(`${split}.x`),
      labels: builder.tensor(`${split}.label`),
      targets: regression ? builder.tensor(`${split}.target`) : memory.absent('read', 2),
      hyper: builder.tensor('hyper'),
      status: builder.tensor('status'),
      x: builder.tensor(network.input),
      label: builder.tensor('label'),
      target_rows: regression ? builder.tensor('target') : memory.absent('read_write', 7),
    },
    [Math.max(tiles(network.inputs), tiles(network.outputs)), B, R],
  );
}

function lossStep(builder: Builder): AnyStep {
  const { network, replicas: R, batchSize: B } = builder;
  const constants = { B, C: network.outputs };
  const bindings = {
    z: builder.tensor(network.output),
    label: builder.tensor('label'),
    dz: builder.tensor(`d${network.output}`),
    rows: builder.tensor('rows'),
  };
  const grid = [ceilTo(B, 4), R, 1] as const;
  return network.loss === 'cross_entropy'
    ? step('softmax_cross_entropy', 'loss', constants, bindings, grid)
    : step('mean_squared_error', 'loss', constants, { ...bindings, target_values: builder.tensor('target') }, grid);
}

function evaluationStep(builder: Builder): AnyStep {
  const { replicas: R, batchSize: B } = builder;
  const bindings = { rows: builder.tensor('rows'), status: builder.tensor('status'), evaluation: builder.tensor('evaluation') };
  return step('record_evaluation', 'evaluation', { R, B }, bindings, [R, 1, 1]);
}

function recordStep(builder: Builder, measured: Measured, ring: number, every: number, slots: number) {
  const { memory, network, replicas: R } = builder;
  const order = [...measured.z, ...measured.d, ...measured.gradients];
  const recorded = [...network.gradientLayers.map((name) => `d${name}`), ...network.weightLayers.map((name) => `grad.${name}`)];
  const map = Uint32Array.from(recorded, (name) => order.indexOf(name));
  const whole = (name: string, columns: number): Tensor =>
    memory.tensor(name, { name, type: 'u32', replicas: 1, rows: 1, columns });
  return {
    map,
    step: step(
      'record_iteration',
      'record',
      {
        R,
        Z: measured.z.length,
        D: measured.d.length,
        G: measured.gradients.length,
        LAYERS: map.length,
        EVERY: every,
        RING: ring,
        SLOTS: slots,
      },
      {
        control: builder.tensor('control'),
        norms: builder.tensor('norms'),
        weights: builder.tensor('weights'),
        layer_map: whole('layer_map', map.length),
        status: builder.tensor('status'),
        ring: whole('ring', ring * R * SCALARS.length),
        layers: whole('layers', slots * R * map.length),
      },
      [64 * R, 1, 1],
    ),
  };
}

function checkLimits(buffers: Plan['buffers'], steps: readonly AnyStep[], limits: Limits): void {
  const remedy = 'use fewer or narrower layers, a smaller batch or fewer replicas';
  const total = buffers.reduce((sum, { words }) => sum + words * WORD, 0);
  if (total > limits.totalBytes) throw new LimitError('bytes of memory', total, limits.totalBytes, remedy);
  for (const { name, words } of buffers) {
    if (words * WORD > limits.bufferBytes) {
      throw new LimitError(`bytes in one buffer (${name})`, words * WORD, limits.bufferBytes, remedy);
    }
  }
  for (const { kernel, bindings } of steps) {
    for (const name of Object.keys(kernelEntry(kernel).bindings)) {
      const { words } = (bindings as Record<string, { words: number }>)[name];
      if (words * WORD > limits.bindingBytes) {
        throw new LimitError(`bytes in one binding (${kernel}, ${name})`, words * WORD, limits.bindingBytes, remedy);
      }
    }
  }
}
