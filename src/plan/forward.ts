/** Forward half of a plan: each op's tensors and its step. Backward counterparts: backward.ts. */
import type { Op } from '../model/network.ts';
import { activationCode, type Builder, step, tiles } from './builder.ts';
import { type AnyStep, ceilTo } from './plan.ts';

export const NORM_EPSILON = 1e-5;

/** Whether a forward pass uses and updates batch statistics, or running ones. */
export type Mode = 'train' | 'evaluate';

/** The activation op that `op` can compute as its own last step: the sole next op on its output. */
export function fusedActivation(ops: readonly Op[], op: Op): Extract<Op, { op: 'activation' }> | undefined {
  if (op.op !== 'linear') return undefined;
  const next = ops.find(
    (other): other is Extract<Op, { op: 'activation' }> => other.op === 'activation' && other.input === op.output,
  );
  return next;
}

/** Reserves every tensor of the forward pass and the gradient of each, in forward order. */
export function reserveActivations(builder: Builder): void {
  const { network, memory, replicas } = builder;
  for (const op of network.ops) {
    switch (op.op) {
      case 'linear':
        builder.activation('z', op.output, op.outputs);
        builder.activation('dz', `d${op.output}`, op.outputs);
        builder.reservePartials(op.output, tiles(builder.batchSize) * tiles(op.outputs));
        break;
      case 'activation':
        builder.activation('h', op.output, op.features);
        break;
      case 'batch_norm':
      case 'layer_norm': {
        builder.activation('n', op.output, op.features);
        builder.activation('dn', `d${op.output}`, op.features);
        const [rows, columns] = op.op === 'batch_norm' ? [2, op.features] : [builder.batchSize, 2];
        memory.parameter('stats', `${op.name}.stats`, replicas, rows, columns, op.op === 'batch_norm');
        if (op.op === 'batch_norm') memory.parameter('running', `${op.name}.running`, replicas, 2, op.features, true);
        break;
      }
      case 'add':
        builder.activation('sum', op.output, op.features);
        break;
    }
  }
}

/** Steps of the forward pass over tensors that `reserveActivations` has laid out. */
export function forwardSteps(builder: Builder, mode: Mode): AnyStep[] {
  const { ops } = builder.network;
  const fused = new Set<Op>();
  return ops.flatMap((op) => {
    if (fused.has(op)) return [];
    const activation = fusedActivation(ops, op);
    if (activation) fused.add(activation);
    return [forwardStep(builder, op, activation, mode)];
  });
}

function forwardStep(builder: Builder, op: Op, fused: Extract<Op, { op: 'activation' }> | undefined, mode: Mode): AnyStep {
  const { replicas: R, batchSize: B, memory } = builder;
  const at = (name: string) => builder.tensor(name);
  switch (op.op) {
    case 'linear':
      // z = x W + b; h = phi(z)
      return step(
        'linear_forward',
        op.output,
        { B, I: op.inputs, O: op.outputs, HAS_BIAS: Number(op.bias), ACT: activationCode(fused?.activation) },
        {
          x: at(op.input),
          W: at(`${op.name}.weight`),
          bias: op.bias ? at(`${op.name}.bias`) : memory.absent('read', 2),
          z: at(op.output),
          h: fused ? at(fused.output) : memory.absent('read_write', 4),
          partial: builder.partialRange(op.output),
        },
        [tiles(op.outputs), tiles(B), R],
      );
    case 'activation':
      // h = phi(z)
      return step(
        'activation_forward',
        op.output,
        { B, C: op.features, ACT: activationCode(op.activation) },
        { z: at(op.input), h: at(op.output) },
        [tiles(op.features), ceilTo(B, 4), R],
      );
    case 'add':
      // y = a + b
      return step(
        'add',
        op.output,
        { COUNT: at(op.output).words },
        { a: at(op.inputs[0]), b: at(op.inputs[1]), y: at(op.output) },
        [at(op.output).words / 4, 1, 1],
      );
    case 'layer_norm':
      // y = gamma (z - mean) rstd + beta
      return step(
        'layer_norm_forward',
        op.output,
        { B, C: op.features, EPSILON: NORM_EPSILON },
        {
          z: at(op.input),
          gamma: at(`${op.name}.weight`),
          beta: at(`${op.name}.bias`),
          y: at(op.output),
          stats: at(`${op.name}.stats`),
        },
        [B, R, 1],
      );
    case 'batch_norm': {
      const affine = { gamma: at(`${op.name}.weight`), beta: at(`${op.name}.bias`) };
      const constants = { B, C: op.features, EPSILON: NORM_EPSILON };
      const running = at(`${op.name}.running`);
      if (mode === 'evaluate') {
        return step('batch_norm_evaluate', op.output, constants, { z: at(op.input), ...affine, running, y: at(op.output) }, [
          op.features,
          R,
          1,
        ]);
      }
      return step(
        'batch_norm_forward',
        op.output,
        constants,
        {
          z: at(op.input),
          ...affine,
          y: at(op.output),
          stats: at(`${op.name}.stats`),
          running,
          status: at('status'),
          hyper: at('hyper'),
        },
        [op.features, R, 1],
      );
    }
  }
}
