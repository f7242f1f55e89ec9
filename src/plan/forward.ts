/** Forward half of a plan: each op's tensors and its step. Backward counterparts: backward.ts. */
import { blocksOf, type Op } from '../model/network.ts';
import { activationCode, type Builder, placedStep, step, tiles } from './builder.ts';
import { NORM_EPSILON } from './norm.ts';
import type { PlacedOp } from './placement.ts';
import { type AnyStep, ceilTo } from './plan.ts';
import { readOutForward, recurrenceForward, reserveRecurrence } from './recurrence.ts';

type ActivationOp = Extract<Op, { op: 'activation' }>;

/** Whether a forward pass uses and updates batch statistics, or running ones. */
export type Mode = 'train' | 'evaluate';

/** The activation op that a Linear can compute as its own last step: it reads the Linear's output for the same replicas. */
function fusedActivation(builder: Builder, placed: PlacedOp): ActivationOp | undefined {
  // In half precision the activation reads what has been rounded.
  if (placed.op.op !== 'linear' || builder.isHalf) return undefined;
  const next = builder.consumers(placed.op.output, placed).find(({ op }) => op.op === 'activation');
  return next?.count === placed.count ? (next.op as ActivationOp) : undefined;
}

/** Reserves every tensor of the forward pass and the gradient of each, in forward order. */
export function reserveActivations(builder: Builder): void {
  const { memory } = builder;
  const reserved = new Set<string>();
  for (const { op } of builder.placement.ops) {
    // The heads of all groups share their tensors.
    if (reserved.has(op.output)) continue;
    reserved.add(op.output);
    switch (op.op) {
      case 'linear': {
        const shape = { steps: op.steps, blocks: blocksOf(op.cell) };
        const { columns, blocks, rowStride } = builder.activation('z', op.output, op.outputs, op.output, shape);
        builder.activation('dz', `d${op.output}`, columns, op.output, { ...shape, blocks: blocks ?? 1 });
        builder.reservePartials(op.output, tiles(builder.rows(op.steps)) * tiles(rowStride));
        break;
      }
      case 'recurrence':
        reserveRecurrence(builder, op);
        break;
      case 'read_out':
        builder.activation('y', op.output, op.features);
        break;
      case 'activation':
        builder.activation('h', op.output, op.features);
        break;
      case 'batch_norm':
      case 'layer_norm':
      case 'rms_norm': {
        builder.activation('n', op.output, op.features);
        builder.activation('dn', `d${op.output}`, op.features, op.output);
        const replicas = builder.extent(op.output);
        const stats = `${op.name}.stats`;
        if (op.op === 'batch_norm') {
          memory.parameter('stats', stats, replicas, [2, op.features], true);
          memory.parameter('running', `${op.name}.running`, replicas, [2, op.features], true);
        } else {
          const rows = builder.batchSize;
          memory.tensor('stats', { name: stats, replicas, rows, columns: 2, replicaStride: 2 * ceilTo(rows, 4) });
        }
        break;
      }
      case 'add':
      case 'scale':
        builder.activation('sum', op.output, op.features);
        break;
    }
  }
}

/** Steps of the forward pass over tensors that `reserveActivations` has laid out. */
export function forwardSteps(builder: Builder, mode: Mode): AnyStep[] {
  const fused = new Set<Op>();
  return builder.placement.ops.flatMap((placed) => {
    if (fused.has(placed.op)) return [];
    const activation = fusedActivation(builder, placed);
    if (activation) fused.add(activation);
    if (placed.op.op === 'recurrence') return recurrenceForward(builder, placed, placed.op);
    return [placedStep(forwardStep(builder, placed, placed.op, activation, mode), placed)];
  });
}

/** What is computed of all steps at once has no exponents: data has none, and networks with exponents have one recurrent layer. */
function ofSteps<P extends { readonly EXTENDED: number }>({ steps }: { readonly steps?: number }, places: P): P {
  return steps === undefined ? places : { ...places, EXTENDED: 0 };
}

function forwardStep(
  builder: Builder,
  placed: PlacedOp,
  op: Exclude<Op, { op: 'recurrence' }>,
  fused: ActivationOp | undefined,
  mode: Mode,
): AnyStep {
  const { first: FIRST, count: R } = placed;
  const { batchSize: B, memory } = builder;
  const at = (name: string) => builder.tensor(name);
  const status = at('status');
  switch (op.op) {
    case 'linear': {
      // z = x W + b; h = phi(z)
      const { range, at: places } = builder.ranges.bind(7, { X_AT: op.input, Z_AT: op.output, H_AT: fused?.output ?? op.output });
      const { rowStride } = at(op.output);
      // The gates of a cell are padded one by one, so that to the product the padding counts.
      const sizes = { FIRST, B: builder.rows(op.steps), I: op.inputs, O: op.cell ? rowStride : op.outputs };
      return step(
        'linear_forward',
        op.output,
        { ...sizes, HAS_BIAS: Number(op.bias), ACT: activationCode(fused?.activation), ...ofSteps(op, places) },
        {
          x: at(op.input),
          W: builder.working(`${op.name}.weight`),
          bias: op.bias ? builder.working(`${op.name}.bias`) : memory.absent('read', 2),
          z: at(op.output),
          h: fused ? at(fused.output) : memory.absent('read_write', 4),
          partial: builder.partialRange(op.output),
          status,
          range,
        },
        [tiles(rowStride), tiles(sizes.B), R],
      );
    }
    case 'read_out':
      return readOutForward(builder, placed, op);
    case 'activation': {
      // h = phi(z)
      const { range, at: places } = builder.ranges.bind(3, { Z_AT: op.input, H_AT: op.output });
      return step(
        'activation_forward',
        op.output,
        { FIRST, B, C: op.features, ACT: activationCode(op.activation), ...places },
        { z: at(op.input), h: at(op.output), status, range },
        [tiles(op.features), ceilTo(B, 4), R],
      );
    }
    case 'add': {
      // y = a + b
      const [a, b] = op.inputs;
      const { range, at: places } = builder.ranges.bind(4, { A_AT: a, B_AT: b, Y_AT: op.output });
      return step(
        'add',
        op.output,
        { FIRST, STRIDE: at(op.output).replicaStride, ...places },
        { a: at(a), b: at(b), y: at(op.output), status, range },
        [at(op.output).replicaStride / 4, R, 1],
      );
    }
    case 'scale': {
      // y = s x
      const { range, at: places } = builder.ranges.bind(4, { X_AT: op.input, Y_AT: op.output });
      return step(
        'scale',
        op.output,
        { FIRST, STRIDE: at(op.output).replicaStride, ...places },
        { x: at(op.input), y: at(op.output), hyper: at('hyper'), status, range },
        [at(op.output).replicaStride / 4, R, 1],
      );
    }
    case 'layer_norm':
    case 'rms_norm': {
      // y = gamma (z - mean) rstd + beta; y = gamma z rstd
      const { range, at: places } = builder.ranges.bind(6, { Z_AT: op.input, Y_AT: op.output });
      const centered = op.op === 'layer_norm';
      return step(
        'layer_norm_forward',
        op.output,
        { FIRST, B, C: op.features, EPSILON: NORM_EPSILON, CENTERED: Number(centered), ...places },
        {
          z: at(op.input),
          gamma: at(`${op.name}.weight`),
          beta: centered ? at(`${op.name}.bias`) : memory.absent('read', 2),
          y: at(op.output),
          stats: at(`${op.name}.stats`),
          status,
          range,
        },
        [B, R, 1],
      );
    }
    case 'batch_norm': {
      const affine = { gamma: at(`${op.name}.weight`), beta: at(`${op.name}.bias`) };
      const position = mode === 'evaluate' ? 6 : 7;
      const { range, at: places } = builder.ranges.bind(position, { Z_AT: op.input, Y_AT: op.output });
      const constants = { FIRST, B, C: op.features, EPSILON: NORM_EPSILON, ...places };
      const running = at(`${op.name}.running`);
      if (mode === 'evaluate') {
        return step(
          'batch_norm_evaluate',
          op.output,
          constants,
          { z: at(op.input), ...affine, running, y: at(op.output), status, range },
          [op.features, R, 1],
        );
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
          status,
          range,
        },
        [op.features, R, 1],
      );
    }
  }
}
