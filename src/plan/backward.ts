/**
 * Backward half of a plan, derived from the forward ops' adjoints in reverse order. The gradient of a tensor is the sum of
 * what its consumers contribute; weight gradients, which nothing waits for, come last and are merged over layers.
 */
import type { Op } from '../model/network.ts';
import { activationCode, type Builder, step, tiles } from './builder.ts';
import { mergeLayers } from './merge.ts';
import { type AnyStep, ceilTo, type Step, type Tensor } from './plan.ts';

interface Walk {
  readonly builder: Builder;
  readonly steps: AnyStep[];
  readonly weightSteps: Step<'linear_backward_weight'>[];
  /** What has been contributed to each tensor's gradient so far. */
  readonly contributions: Map<string, Tensor[]>;
  /** Activation ops whose adjoint the following Linear has already applied. */
  readonly applied: Set<Op>;
}

/** Steps from the loss's dL/d(output) to every parameter gradient. */
export function backwardSteps(builder: Builder): AnyStep[] {
  const { network } = builder;
  const walk: Walk = { builder, steps: [], weightSteps: [], contributions: new Map(), applied: new Set() };
  walk.contributions.set(network.output, [builder.tensor(`d${network.output}`)]);
  for (const op of [...network.ops].reverse()) {
    if (walk.applied.has(op)) continue;
    const dy = gradientOf(walk, op.output);
    adjoint(walk, op, dy);
  }
  return [...walk.steps, ...mergeLayers(walk.weightSteps.reverse())];
}

function contribute(walk: Walk, name: string, gradient: Tensor): void {
  const list = walk.contributions.get(name) ?? [];
  walk.contributions.set(name, [...list, gradient]);
}

/** The gradient of a tensor once all its consumers have contributed: their sum. */
function gradientOf(walk: Walk, name: string): Tensor {
  const [first, ...rest] = walk.contributions.get(name) ?? [];
  if (!first) throw new Error(`plan: nothing depends on "${name}"`);
  const { builder, steps } = walk;
  const sum = rest.reduce((a, b, k) => {
    const last = k === rest.length - 1;
    const y = last ? reusedOrNew(walk, `d${name}`, a.columns, [a, b]) : builder.activation('dpart', `d${name}.${k}`, a.columns);
    steps.push(step('add', y.name, { COUNT: y.words }, { a, b, y }, [y.words / 4, 1, 1]));
    return y;
  }, first);
  // An alias lets callers find the gradient by its tensor's name even where it is another tensor's, as behind a sum.
  builder.memory.tensors.set(`d${name}`, sum);
  return sum;
}

/** The tensor reserved under that name, unless it is itself one of the operands. */
function reusedOrNew({ builder }: Walk, name: string, features: number, operands: readonly Tensor[]): Tensor {
  const reserved = builder.memory.tensors.get(name);
  return reserved && !operands.includes(reserved) ? reserved : builder.activation('dsum', name, features);
}

/** A fresh tensor for one contribution to the gradient of `name`: the reserved one if it is still unused. */
function target(walk: Walk, name: string, buffer: string, features: number): Tensor {
  const { builder, contributions } = walk;
  const earlier = contributions.get(name)?.length ?? 0;
  if (earlier > 0) return builder.activation(buffer, `d${name}.${earlier}`, features);
  return builder.memory.tensors.get(`d${name}`) ?? builder.activation(buffer, `d${name}`, features);
}

function adjoint(walk: Walk, op: Op, dy: Tensor): void {
  switch (op.op) {
    case 'linear':
      linearAdjoint(walk, op, dy);
      break;
    case 'activation': {
      // forward: h = phi(z)
      const { builder } = walk;
      const dz = target(walk, op.input, 'dn', op.features);
      walk.steps.push(
        step(
          'activation_backward',
          dz.name,
          { B: builder.batchSize, C: op.features, ACT: activationCode(op.activation) },
          { dh: dy, z: builder.tensor(op.input), dz },
          [tiles(op.features), ceilTo(builder.batchSize, 4), builder.replicas],
        ),
      );
      contribute(walk, op.input, dz);
      break;
    }
    case 'add':
      // forward: y = a + b
      for (const input of op.inputs) contribute(walk, input, dy);
      break;
    case 'batch_norm':
    case 'layer_norm':
      normAdjoint(walk, op, dy);
      break;
  }
}

/** forward: z = x W + b. Where x = phi(v), its adjoint is applied in the same step. */
function linearAdjoint(walk: Walk, op: Extract<Op, { op: 'linear' }>, dz: Tensor): void {
  const { builder, steps, weightSteps, applied } = walk;
  const { network, replicas: R, batchSize: B, memory } = builder;
  const x = builder.tensor(op.input);
  const strides = { X_STRIDE: 0, DZ_STRIDE: 0, DW_STRIDE: 0, DBIAS_STRIDE: 0, PARTIAL_STRIDE: 0, PARTIAL_BIAS_STRIDE: 0 };
  const weight = `grad.${op.name}.weight`;
  const bias = `grad.${op.name}.bias`;
  weightSteps.push({
    kernel: 'linear_backward_weight',
    label: weight,
    constants: { R, B, I: op.inputs, O: op.outputs, HAS_BIAS: Number(op.bias), ...strides },
    bindings: {
      x,
      dz,
      dW: builder.tensor(weight),
      dbias: op.bias ? builder.tensor(bias) : memory.absent('read_write', 3),
      partial: builder.partialRange(weight),
      partial_bias: op.bias ? builder.partialRange(bias) : memory.absent('read_write', 5),
    },
    invocations: [tiles(op.outputs), tiles(op.inputs), R],
  });
  if (op.input === network.input) return;
  const consumers = network.ops.filter((other) =>
    other.op === 'add' ? other.inputs.includes(op.input) : other.input === op.input,
  );
  const producer = network.ops.find((other) => other.output === op.input);
  const activation = producer?.op === 'activation' && consumers.length === 1 ? producer : undefined;
  if (activation) applied.add(activation);
  const into = activation ? activation.input : op.input;
  const dx = target(walk, into, activation ? 'dz' : 'dh', op.inputs);
  steps.push(
    step(
      'linear_backward_input',
      dx.name,
      { B, I: op.inputs, O: op.outputs, ACT: activationCode(activation?.activation) },
      {
        dz,
        W: builder.tensor(`${op.name}.weight`),
        zx: activation ? builder.tensor(activation.input) : memory.absent('read', 2),
        dx,
        partial: builder.reservePartials(dx.name, tiles(B) * tiles(op.inputs)),
      },
      [tiles(op.inputs), tiles(B), R],
    ),
  );
  contribute(walk, into, dx);
}

/** forward: y = gamma xhat + beta. */
function normAdjoint(walk: Walk, op: Extract<Op, { op: 'batch_norm' | 'layer_norm' }>, dy: Tensor): void {
  const { builder, steps } = walk;
  const { replicas: R, batchSize: B } = builder;
  const constants = { B, C: op.features };
  const dz = target(walk, op.input, 'dsum', op.features);
  const bindings = {
    dy,
    z: builder.tensor(op.input),
    stats: builder.tensor(`${op.name}.stats`),
  };
  const affine = { dgamma: builder.tensor(`grad.${op.name}.weight`), dbeta: builder.tensor(`grad.${op.name}.bias`) };
  const gamma = builder.tensor(`${op.name}.weight`);
  if (op.op === 'batch_norm') {
    steps.push(step('batch_norm_backward', dz.name, constants, { ...bindings, gamma, dz, ...affine }, [op.features, R, 1]));
  } else {
    steps.push(
      step('layer_norm_backward', dz.name, constants, { ...bindings, gamma, dz }, [B, R, 1]),
      step('layer_norm_backward_affine', affine.dgamma.name, constants, { ...bindings, ...affine }, [op.features, R, 1]),
    );
  }
  contribute(walk, op.input, dz);
}
