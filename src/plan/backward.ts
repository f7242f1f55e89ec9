/**
 * Backward half of a plan, derived from the forward ops' adjoints in reverse order. The gradient of a tensor is the sum of
 * what its consumers contribute; weight gradients, which nothing waits for, come last and are merged over layers.
 */
import type { Op } from '../model/network.ts';
import { activationCode, type Builder, overlap, placedStep, step, tiles } from './builder.ts';
import { mergeLayers } from './merge.ts';
import type { PlacedOp } from './placement.ts';
import { type AnyStep, ceilTo, type Step, type Tensor } from './plan.ts';
import { hiddenGradient, readOutBackward, recurrenceBackward } from './recurrence.ts';

/** A part of a tensor's gradient, valid for the replicas of the op that contributed it. */
interface Contribution {
  readonly placed: PlacedOp;
  readonly gradient: Tensor;
}

interface Walk {
  readonly builder: Builder;
  readonly steps: AnyStep[];
  readonly weightSteps: Step<'linear_backward_weight'>[];
  /** What has been contributed to each tensor's gradient so far. */
  readonly contributions: Map<string, Contribution[]>;
  /** Activation ops whose adjoint the following Linear has already applied. */
  readonly applied: Set<Op>;
}

/** Steps from the loss's dL/d(output) to every parameter gradient. */
export function backwardSteps(builder: Builder): AnyStep[] {
  const { deepest, ops } = builder.placement;
  const walk: Walk = { builder, steps: [], weightSteps: [], contributions: new Map(), applied: new Set() };
  const gradient = builder.tensor(`d${deepest.output}`);
  const outputs = ops.filter(({ op }) => op.output === deepest.output);
  walk.contributions.set(
    deepest.output,
    outputs.map((placed) => ({ placed, gradient })),
  );
  for (const placed of [...ops].reverse()) {
    if (walk.applied.has(placed.op)) continue;
    const gradient = gradientOf(walk, placed);
    const before = walk.steps.length;
    adjoint(walk, placed, gradient);
    for (let k = before; k < walk.steps.length; k++) walk.steps[k] = placedStep(walk.steps[k], placed);
  }
  return [...walk.steps, ...mergeLayers(walk.weightSteps.reverse())];
}

function contribute(walk: Walk, name: string, placed: PlacedOp, gradient: Tensor): void {
  const list = walk.contributions.get(name);
  if (list) list.push({ placed, gradient });
  else walk.contributions.set(name, [{ placed, gradient }]);
}

/**
 * The gradient of an op's output once all its consumers have contributed: their sum. Consumers of different replicas (the next
 * layer, and the head of the networks that end here) have written to one tensor; those of the same replicas are added.
 */
function gradientOf(walk: Walk, { op }: PlacedOp): Tensor {
  const name = op.output;
  const byReplicas = new Map<number, Contribution[]>();
  for (const part of walk.contributions.get(name) ?? []) {
    byReplicas.set(part.placed.first, [...(byReplicas.get(part.placed.first) ?? []), part]);
  }
  const sums = [...byReplicas.values()].map((parts) => sumOf(walk, name, parts));
  if (sums.length === 0) throw new Error(`plan: nothing depends on "${name}"`);
  if (sums.some((sum) => sum !== sums[0])) throw new Error(`plan: the gradient of "${name}" lies in several tensors`);
  // An alias lets callers find the gradient by its tensor's name even where it is another tensor's, as behind a sum.
  walk.builder.memory.tensors.set(`d${name}`, sums[0]);
  return sums[0];
}

/** The sum of what consumers of the same replicas contributed. */
function sumOf({ builder, steps }: Walk, name: string, parts: readonly Contribution[]): Tensor {
  const [{ placed, gradient }, ...rest] = parts;
  const status = builder.tensor('status');
  return rest.reduce((a, { gradient: b }, k) => {
    const last = k === rest.length - 1;
    const features = a.columns;
    const y = last ? reusedOrNew(builder, name, features, [a, b]) : builder.activation('dpart', `d${name}.${k}`, features, name);
    const { range, at } = builder.ranges.bind(4, { A_AT: a.name, B_AT: b.name, Y_AT: y.name });
    const constants = { FIRST: placed.first, STRIDE: y.replicaStride, ...at };
    steps.push(step('add', y.name, constants, { a, b, y, status, range }, [y.replicaStride / 4, placed.count, 1]));
    return y;
  }, gradient);
}

/** The tensor reserved for a gradient, unless it is itself one of the operands. */
function reusedOrNew(builder: Builder, name: string, features: number, operands: readonly Tensor[]): Tensor {
  const reserved = builder.memory.tensors.get(`d${name}`);
  return reserved && !operands.includes(reserved) ? reserved : builder.activation('dsum', `d${name}`, features, name);
}

/** Where an op puts its contribution to the gradient of `name`: the reserved tensor if its replicas have not used it. */
function target({ builder, contributions }: Walk, name: string, placed: PlacedOp, buffer: string, features: number): Tensor {
  const earlier = (contributions.get(name) ?? []).filter((other) => overlap(other.placed, placed)).length;
  if (earlier > 0) return builder.activation(buffer, `d${name}.${earlier}`, features, name);
  return builder.memory.tensors.get(`d${name}`) ?? builder.activation(buffer, `d${name}`, features, name);
}

function adjoint(walk: Walk, placed: PlacedOp, dy: Tensor): void {
  const { op, first: FIRST, count } = placed;
  switch (op.op) {
    case 'linear':
      linearAdjoint(walk, placed, op, dy);
      break;
    case 'activation': {
      // forward: h = phi(z)
      const { builder } = walk;
      const dz = target(walk, op.input, placed, 'dn', op.features);
      const { range, at } = builder.ranges.bind(4, { DH_AT: dy.name, Z_AT: op.input, DZ_AT: dz.name });
      walk.steps.push(
        step(
          'activation_backward',
          dz.name,
          { FIRST, B: builder.batchSize, C: op.features, ACT: activationCode(op.activation), ...at },
          { dh: dy, z: builder.tensor(op.input), dz, status: builder.tensor('status'), range },
          [tiles(op.features), ceilTo(builder.batchSize, 4), count],
        ),
      );
      contribute(walk, op.input, placed, dz);
      break;
    }
    case 'add':
      // forward: y = a + b
      for (const input of op.inputs) contribute(walk, input, placed, dy);
      break;
    case 'scale': {
      // forward: y = s x
      const { builder } = walk;
      const dx = target(walk, op.input, placed, 'dz', op.features);
      const { range, at } = builder.ranges.bind(4, { X_AT: dy.name, Y_AT: dx.name });
      const bindings = { x: dy, y: dx, hyper: builder.tensor('hyper'), status: builder.tensor('status'), range };
      const constants = { FIRST, STRIDE: dx.replicaStride, ...at };
      walk.steps.push(step('scale', dx.name, constants, bindings, [dx.replicaStride / 4, count, 1]));
      contribute(walk, op.input, placed, dx);
      break;
    }
    case 'recurrence':
      recurrenceAdjoint(walk, placed, op);
      break;
    case 'read_out':
      // forward: y = the last h, or the mean of all
      walk.steps.push(readOutBackward(walk.builder, placed, op));
      contribute(walk, op.input, placed, walk.builder.tensor(`d${op.input}`));
      break;
    case 'batch_norm':
    case 'layer_norm':
    case 'rms_norm':
      normAdjoint(walk, placed, op, dy);
      break;
  }
}

/** forward: a walk along the sequences, h[t] from a[t] + h[t-1] W + b. The product's gradients of all steps make that of W at once. */
function recurrenceAdjoint(walk: Walk, placed: PlacedOp, op: Extract<Op, { op: 'recurrence' }>): void {
  const { builder } = walk;
  walk.steps.push(...recurrenceBackward(builder, placed, op));
  weightAdjoint(walk, placed, op, builder.tensor(`${op.output}.prev`), hiddenGradient(builder, op));
  contribute(walk, op.input, placed, builder.tensor(`d${op.input}`));
}

/** forward: z = x W + b, x and z of so many rows and columns as they have, gates padded one by one. */
function weightAdjoint(
  { builder, weightSteps }: Walk,
  placed: PlacedOp,
  op: { readonly name: string; readonly bias: boolean },
  x: Tensor,
  dz: Tensor,
): void {
  const { memory } = builder;
  const { first: FIRST, count: R } = placed;
  const strides = { X_STRIDE: 0, DZ_STRIDE: 0, DW_STRIDE: 0, DBIAS_STRIDE: 0, PARTIAL_STRIDE: 0, PARTIAL_BIAS_STRIDE: 0 };
  const weight = `grad.${op.name}.weight`;
  const bias = `grad.${op.name}.bias`;
  builder.ranges.addSum(weight, placed, [x.name, dz.name]);
  builder.ranges.addSum(bias, placed, [dz.name]);
  const O = dz.blocks === undefined ? dz.columns : dz.rowStride;
  weightSteps.push({
    kernel: 'linear_backward_weight',
    label: weight,
    constants: { R, FIRST, B: dz.rows, I: x.columns, O, HAS_BIAS: Number(op.bias), ...strides },
    bindings: {
      x,
      dz,
      dW: builder.tensor(weight),
      dbias: op.bias ? builder.tensor(bias) : memory.absent('read_write', 3),
      partial: builder.partialRange(weight),
      partial_bias: op.bias ? builder.partialRange(bias) : memory.absent('read_write', 5),
      status: builder.tensor('status'),
    },
    invocations: [tiles(O), tiles(x.columns), R],
    replicas: { first: FIRST, count: R },
  });
}

/** forward: z = x W + b. Where x = phi(v), its adjoint is applied in the same step. */
function linearAdjoint(walk: Walk, placed: PlacedOp, op: Extract<Op, { op: 'linear' }>, dz: Tensor): void {
  const { builder, steps, applied } = walk;
  const { memory } = builder;
  const { first: FIRST, count: R } = placed;
  const B = builder.rows(op.steps);
  const O = op.cell ? dz.rowStride : op.outputs;
  weightAdjoint(walk, placed, op, builder.tensor(op.input), dz);
  if (op.input === builder.placement.deepest.input) return;
  const producer = builder.producer(op.input)?.op;
  const sole = builder.consumers(op.input, placed).length === 1;
  const activation = producer?.op === 'activation' && sole && !builder.isHalf ? producer : undefined;
  if (activation) applied.add(activation);
  const into = activation ? activation.input : op.input;
  const dx = target(walk, into, placed, activation ? 'dz' : 'dh', op.inputs);
  const { range, at } = builder.ranges.bind(6, { DZ_AT: dz.name, ZX_AT: activation?.input, DX_AT: dx.name });
  // The gradient of anything but a Linear's output may be a sum in networks that are deeper: there these are no norm pairs of all
  // of it, and a network's norms must not depend on its neighbours.
  const isWhole = builder.producer(into)?.op.op === 'linear';
  const pairs = tiles(B) * tiles(op.inputs);
  const partial = isWhole ? builder.reservePartials(dx.name, pairs) : builder.reserveUnmeasured(dx.name, pairs);
  steps.push(
    step(
      'linear_backward_input',
      dx.name,
      { FIRST, B, I: op.inputs, O, ACT: activationCode(activation?.activation), ...at },
      {
        dz,
        W: builder.working(`${op.name}.weight`),
        zx: activation ? builder.tensor(activation.input) : memory.absent('read', 2),
        dx,
        partial,
        status: builder.tensor('status'),
        range,
      },
      [tiles(op.inputs), tiles(B), R],
    ),
  );
  contribute(walk, into, placed, dx);
}

type NormOp = Extract<Op, { op: 'batch_norm' | 'layer_norm' | 'rms_norm' }>;

/** forward: y = gamma xhat + beta; RMS norm has no beta. */
function normAdjoint(walk: Walk, placed: PlacedOp, op: NormOp, dy: Tensor): void {
  const { builder, steps } = walk;
  const { batchSize: B, memory } = builder;
  const { first: FIRST, count: R } = placed;
  const constants = { FIRST, B, C: op.features };
  const dz = target(walk, op.input, placed, 'dsum', op.features);
  const bindings = {
    dy,
    z: builder.tensor(op.input),
    stats: builder.tensor(`${op.name}.stats`),
    status: builder.tensor('status'),
  };
  const dbeta = op.op === 'rms_norm' ? memory.absent('read_write', 4) : builder.tensor(`grad.${op.name}.bias`);
  const affine = { dgamma: builder.tensor(`grad.${op.name}.weight`), dbeta };
  const gamma = builder.tensor(`${op.name}.weight`);
  builder.ranges.addSum(affine.dgamma.name, placed, [dy.name]);
  if (op.op !== 'rms_norm') builder.ranges.addSum(`grad.${op.name}.bias`, placed, [dy.name]);
  const position = op.op === 'batch_norm' ? 7 : 6;
  const { range, at } = builder.ranges.bind(position, { DY_AT: dy.name, Z_AT: op.input, DZ_AT: dz.name });
  if (op.op === 'batch_norm') {
    const { dgamma, dbeta } = affine;
    const DBETA = dbeta.offset - dgamma.offset;
    const daffine = { ...dgamma, words: DBETA + dbeta.words };
    steps.push(
      step('batch_norm_backward', dz.name, { ...constants, DBETA, ...at }, { ...bindings, gamma, dz, daffine, range }, [
        op.features,
        R,
        1,
      ]),
    );
  } else {
    const rows = { ...constants, CENTERED: Number(op.op === 'layer_norm') };
    steps.push(
      step('layer_norm_backward', dz.name, { ...rows, ...at }, { ...bindings, gamma, dz, range }, [B, R, 1]),
      step('layer_norm_backward_affine', affine.dgamma.name, rows, { ...bindings, ...affine }, [op.features, R, 1]),
    );
  }
  contribute(walk, op.input, placed, dz);
}
