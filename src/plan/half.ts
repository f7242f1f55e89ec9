/**
 * Half precision in a plan: whatever an op writes is rounded to float16 before the next op reads it, products take float16 copies of
 * the float32 master weights, and the loss's gradient is scaled. The ops' own kernels stay as they are.
 */
import { type Builder, step } from './builder.ts';
import type { KernelName } from './kernels.ts';
import { CELL } from './measure.ts';
import type { AnyStep, Range, Tensor } from './plan.ts';

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
  const tensors = parameters.map((name) => builder.tensor(name)).sort((a, b) => a.offset - b.offset);
  for (const { name, replicas, rows, columns, rowStride, replicaStride } of tensors) {
    memory.tensor('half', { name: `half.${name}`, replicas, rows, columns, rowStride, replicaStride });
  }
}

/** The batch, where the host has given it. */
export function roundBatchSteps(builder: Builder): AnyStep[] {
  if (!builder.isHalf) return [];
  const x = builder.tensor(builder.placement.deepest.input);
  const constants = { FIRST: 0, STRIDE: x.replicaStride, ALWAYS: 1 };
  const operands = { v: x, partial: pairsOf(builder, x), status: builder.tensor('status') };
  return [step('round_half', 'batch in float16', constants, operands, [x.replicaStride / CELL, builder.replicas, 1])];
}

/** What a pass begins with: the loss scale of the iteration, and the working copy of the weights. */
export function halfStartSteps(builder: Builder, isTraining: boolean): AnyStep[] {
  if (!builder.isHalf) return [];
  const { memory } = builder;
  const count = memory.wordsOf('param') / CELL;
  const copy = step('copy_half', 'weights', { COUNT: count }, { v: memory.whole('param'), y: memory.whole('half') }, [
    count,
    1,
    1,
  ]);
  return isTraining ? [lossScaleStep(builder), copy] : [copy];
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
  const constants = { FIRST: first, STRIDE: tensor.replicaStride, ALWAYS: 0 };
  const operands = { v: tensor, partial: pairsOf(builder, tensor), status: builder.tensor('status') };
  const rounding = step('round_half', `${label} in float16`, constants, operands, [tensor.replicaStride / CELL, count, 1]);
  return { ...rounding, replicas: { first, count } };
}

/** Where the norm pairs of a rounded tensor go, in place of those that were taken before. */
function pairsOf(builder: Builder, tensor: Tensor): Range {
  const count = tensor.replicaStride / CELL;
  const name = `${tensor.name} in float16`;
  const { memory } = builder;
  const words = 2 * tensor.replicas * count;
  const known = memory.tensors.get(name);
  const range = known ?? memory.tensor('partial', { name, type: 'u32', replicas: 1, rows: 1, columns: words });
  builder.partials.set(tensor.name, { first: range.offset / 2, count });
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

/** The gradients of all parameters, which lie side by side. */
export function roundGradientsSteps(builder: Builder, gradients: readonly string[]): AnyStep[] {
  if (!builder.isHalf) return [];
  const { memory } = builder;
  const v = memory.whole('grad');
  const cells = v.words / CELL;
  const partial = memory.reserve('partial', 2 * cells);
  for (const name of gradients) {
    const { offset, replicaStride } = builder.tensor(name);
    builder.partials.set(name, { first: partial.offset / 2 + offset / CELL, count: replicaStride / CELL });
  }
  const constants = { FIRST: 0, STRIDE: v.words, ALWAYS: 1 };
  return [step('round_half', 'gradients in float16', constants, { v, partial, status: builder.tensor('status') }, [cells, 1, 1])];
}
