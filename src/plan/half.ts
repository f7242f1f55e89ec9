/**
 * Half precision in a plan: whatever an op writes is rounded to float16 before the next op reads it, products take float16 copies of
 * the float32 master weights, and the loss's gradient is scaled. The ops' own kernels stay as they are.
 */
import { type Builder, step } from './builder.ts';
import type { KernelName } from './kernels.ts';
import { CELL, piecesOf } from './pieces.ts';
import type { Replicas } from './placement.ts';
import { type AnyStep, pieceName, type Range, type Tensor } from './plan.ts';

/** The tensor that a kernel makes for the next op. What is no float16 in mixed precision (statistics, losses) is missing. */
const OUTPUTS: Partial<Record<KernelName, string>> = {
  draw_batch: 'x',
  linear_forward: 'z',
  activation_forward: 'h',
  add: 'y',
  scale: 'y',
  batch_norm_forward: 'y',
  batch_norm_evaluate: 'y',
  layer_norm_forward: 'y',
  linear_backward_input: 'dx',
  activation_backward: 'dz',
  batch_norm_backward: 'dz',
  layer_norm_backward: 'dz',
};

/** Reserves the working copy, in the layout of the parameters, so that they are copied at once. */
export function reserveWorkingCopies(builder: Builder, parameters: readonly string[]): void {
  if (!builder.isHalf) return;
  const { memory } = builder;
  const tensors = parameters.map((name) => builder.tensor(name)).sort((a, b) => a.buffer - b.buffer || a.offset - b.offset);
  for (const { name, replicas, rows, columns, rowStride, replicaStride } of tensors) {
    memory.tensor('half', { name: `half.${name}`, replicas, rows, columns, rowStride, replicaStride });
  }
}

/** The batch, where the host has given it. */
export function roundBatchSteps(builder: Builder): AnyStep[] {
  if (!builder.isHalf) return [];
  const x = builder.tensor(builder.placement.deepest.input);
  return [roundingStep(builder, 'batch', x, { first: 0, count: builder.replicas })];
}

/** What a pass begins with: the loss scale of the iteration, and the working copy of the weights. */
export function halfStartSteps(builder: Builder, isTraining: boolean): AnyStep[] {
  if (!builder.isHalf) return [];
  const copies = builder.memory.pieces('half');
  const copy = piecesOf(builder.memory).map(({ W, cells }, k) =>
    step('copy_half', pieceName('weights', k), { COUNT: cells }, { v: W, y: copies[k] }, [cells, 1, 1]),
  );
  return isTraining ? [lossScaleStep(builder), ...copy] : copy;
}

function lossScaleStep(builder: Builder): AnyStep {
  const R = builder.replicas;
  const bindings = {
    hyper: builder.tensor('hyper'),
    status: builder.tensor('status'),
    control: builder.tensor('control'),
    exponents: builder.ranges.lossScale(),
  };
  return step('loss_scale', 'loss scale', { R }, bindings, [R, 1, 1]);
}

/** The steps of ops, each followed by the rounding of what it wrote. */
export function withRounding(builder: Builder, steps: readonly AnyStep[]): AnyStep[] {
  if (!builder.isHalf) return [...steps];
  return steps.flatMap((each) => {
    const output = OUTPUTS[each.kernel];
    return output === undefined ? [each] : [each, roundingOf(builder, each, output)];
  });
}

function roundingOf(builder: Builder, { bindings, replicas, label }: AnyStep, output: string): AnyStep {
  // Steps of ops bind whole tensors, which know their names.
  const tensor = (bindings as unknown as Readonly<Record<string, Tensor>>)[output];
  const { first, count } = replicas ?? { first: 0, count: tensor.replicas };
  return { ...roundingStep(builder, label, tensor, { first, count }), replicas: { first, count } };
}

function roundingStep(builder: Builder, label: string, tensor: Tensor, { first, count }: Replicas): AnyStep {
  const constants = { FIRST: first, STRIDE: tensor.replicaStride, OWNED: 0 };
  const operands = {
    v: tensor,
    partial: pairsOf(builder, tensor),
    status: builder.tensor('status'),
    owner: builder.memory.absent('read', 3),
  };
  return step('round_half', `${label} in float16`, constants, operands, [tensor.replicaStride / CELL, count, 1]);
}

/** Where the norm pairs of a rounded tensor go, in place of those that were taken before. */
function pairsOf(builder: Builder, tensor: Tensor): Range {
  const count = tensor.replicaStride / CELL;
  const name = `${tensor.name} in float16`;
  const { memory } = builder;
  const words = 2 * tensor.replicas * count;
  const known = memory.tensors.get(name);
  const range = known ?? memory.tensor('partial', { name, type: 'u32', replicas: 1, rows: 1, columns: words });
  builder.partials.set(tensor.name, { buffer: range.buffer, first: range.offset / 2, count });
  return range;
}

/** The loss's gradient, scaled and rounded. */
export function scaleLossSteps(builder: Builder): AnyStep[] {
  if (!builder.isHalf) return [];
  const tensor = builder.tensor(`d${builder.placement.deepest.output}`);
  const bindings = {
    v: tensor,
    partial: pairsOf(builder, tensor),
    control: builder.tensor('control'),
    status: builder.tensor('status'),
  };
  const grid = [tensor.replicaStride / CELL, builder.replicas, 1] as const;
  return [step('scale_half', 'scaled loss', { STRIDE: tensor.replicaStride }, bindings, grid)];
}

/** Reserves the norm pairs of the rounded gradients of all parameters: a range for each buffer of them. */
export function reserveRoundedGradients(builder: Builder, gradients: readonly string[]): Range[] {
  if (!builder.isHalf) return [];
  const tensors = gradients.map((name) => builder.tensor(name));
  return piecesOf(builder.memory).map(({ dW, cells }) => {
    const partial = builder.memory.reserve('partial', 2 * cells);
    for (const { name, buffer, offset, replicaStride } of tensors) {
      const first = partial.offset / 2 + offset / CELL;
      if (buffer === dW.buffer) builder.partials.set(name, { buffer: partial.buffer, first, count: replicaStride / CELL });
    }
    return partial;
  });
}

/** The gradients of all parameters, which lie side by side. @param partials of `reserveRoundedGradients` */
export function roundGradientsSteps(builder: Builder, partials: readonly Range[]): AnyStep[] {
  const pieces = piecesOf(builder.memory);
  return partials.map((partial, k) => {
    const { dW, cells } = pieces[k];
    const constants = { FIRST: 0, STRIDE: dW.words, OWNED: 1 };
    const bindings = { v: dW, partial, status: builder.tensor('status'), owner: builder.tensor(pieceName('owner', k)) };
    return step('round_half', pieceName('gradients in float16', k), constants, bindings, [cells, 1, 1]);
  });
}
