/** A model as a list of ops on named tensors with concrete sizes: what a plan is built from. */
import { GATES, recurrentNetwork } from './recurrent-network.ts';
import type { Cell, CellActivation, Readout } from './recurrent-schema.ts';
import type { Activation, Branch, Experiment, Loss, Model, Norm, NormPlacement, ResidualForm } from './schema.ts';
import { isSequenceTask } from './task-schema.ts';

export const PARAMETER_ROLES = ['weight', 'bias', 'gamma', 'beta'] as const;
export type ParameterRole = (typeof PARAMETER_ROLES)[number];

/** A trainable tensor of one replica, (rows, columns). Weights are (inputs, outputs): y = x W + b. */
export interface Parameter {
  readonly name: string;
  readonly role: ParameterRole;
  readonly rows: number;
  readonly columns: number;
  /** Inputs of the Linear it belongs to; for norms the feature count. */
  readonly fanIn: number;
  /** Whether it belongs to the last Linear of a residual branch. */
  readonly endsBranch?: boolean;
  /** Of a recurrent cell: columns are the gates' blocks of H, one after another. */
  readonly gates?: { readonly cell: Cell; readonly of: 'input' | 'hidden' };
}

/** Each norm's op and what its layers' names start with. */
const NORM_OPS = {
  batch: { op: 'batch_norm', prefix: 'bn' },
  layer: { op: 'layer_norm', prefix: 'ln' },
  rms: { op: 'rms_norm', prefix: 'rms' },
} as const satisfies Record<Exclude<Norm, 'none'>, unknown>;
type NormOpName = (typeof NORM_OPS)[keyof typeof NORM_OPS]['op'];

interface Unary {
  readonly input: string;
  readonly output: string;
}

/**
 * One mathematical operation; tensors are (B, features) per replica, or with `steps` (steps, B, features): a row for each example at
 * each step.
 */
export type Op =
  | (Unary & {
      readonly op: 'linear';
      readonly name: string;
      readonly inputs: number;
      readonly outputs: number;
      readonly bias: boolean;
      readonly endsBranch?: boolean;
      readonly steps?: number;
      /** It is the input product of a cell, whose gates are the outputs' blocks. */
      readonly cell?: Cell;
    })
  | (Unary & {
      readonly op: 'recurrence';
      readonly name: string;
      readonly cell: Cell;
      readonly activation: CellActivation;
      readonly hidden: number;
      /** Whether each gate is normalised, with a gain and a shift instead of a bias. */
      readonly isNormed: boolean;
      readonly bias: boolean;
      readonly steps: number;
      /** Steps between cuts of the gradient; 0 for none. */
      readonly truncation: number;
    })
  /** Of each sequence the last state, or the mean of all. `steps` are the input's. */
  | (Unary & {
      readonly op: 'read_out';
      readonly features: number;
      readonly steps: number;
      readonly how: Exclude<Readout, 'every'>;
    })
  | (Unary & { readonly op: 'scale'; readonly features: number })
  | (Unary & { readonly op: 'activation'; readonly activation: Activation; readonly features: number })
  | (Unary & { readonly op: NormOpName; readonly name: string; readonly features: number })
  | { readonly op: 'add'; readonly inputs: readonly [string, string]; readonly output: string; readonly features: number };

export interface Network {
  readonly ops: readonly Op[];
  /** Index of the first op behind the last hidden layer: networks that differ in depth alone have equal ops before and after. */
  readonly head: number;
  /** Name of the input tensor, (B, inputs). */
  readonly input: string;
  readonly inputs: number;
  /** Name of the output tensor, (B, outputs). */
  readonly output: string;
  readonly outputs: number;
  readonly loss: Loss;
  /** Tensors whose ‖dL/d·‖ is recorded per layer, input side first. */
  readonly gradientLayers: readonly string[];
  /** Weights whose ‖dL/dW‖ is recorded, input side first. */
  readonly weightLayers: readonly string[];
  /** Where examples are sequences: the length of the longest, and which steps have an output. */
  readonly sequence?: { readonly steps: number; readonly readout: Readout };
}

/** Steps that an op's output has a row of each example for; undefined where it has one row an example. */
export function stepsOf(op: Op): number | undefined {
  return op.op === 'recurrence' || op.op === 'linear' ? op.steps : undefined;
}

/** Numbers that an op writes for each row. */
export function featuresOf(op: Op): number {
  if (op.op === 'linear') return op.outputs;
  return op.op === 'recurrence' ? op.hidden : op.features;
}

/** Blocks that the numbers of a row consist of: the gates of a cell. */
export function blocksOf(cell: Cell | undefined): number {
  return cell ? GATES[cell].length : 1;
}

export interface MlpSpec {
  /** [inputs, hidden…, outputs]. */
  readonly sizes: readonly number[];
  readonly activation: Activation;
  readonly norm: Norm;
  /** Default: before. */
  readonly normPlacement?: NormPlacement;
  readonly hiddenBias: boolean;
  readonly outputBias: boolean;
  readonly loss: Loss;
}

/**
 * Hidden layers Linear → norm → activation, or Linear → activation → norm; then Linear. Pre-activations `z0`…; parameters `l0`…,
 * and `bn0`…, `ln0`… or `rms0`….
 */
export function mlpNetwork(spec: MlpSpec): Network {
  const { sizes, activation, norm, normPlacement = 'before', hiddenBias, outputBias, loss } = spec;
  const ops: Op[] = [];
  const last = sizes.length - 2;
  let head = 0;
  let x = 'x';
  for (let l = 0; l <= last; l++) {
    if (l === last) head = ops.length;
    const bias = l < last ? hiddenBias : outputBias;
    ops.push({ op: 'linear', name: `l${l}`, input: x, output: `z${l}`, inputs: sizes[l], outputs: sizes[l + 1], bias });
    x = `z${l}`;
    if (l === last) break;
    const features = sizes[l + 1];
    const normalise = (input: string) => {
      if (norm === 'none') return input;
      const { op, prefix } = NORM_OPS[norm];
      ops.push({ op, name: `${prefix}${l}`, input, output: `n${l}`, features });
      return `n${l}`;
    };
    const activate = (input: string) => {
      if (activation === 'linear') return input;
      ops.push({ op: 'activation', activation, input, output: `h${l}`, features });
      return `h${l}`;
    };
    x = normPlacement === 'before' ? activate(normalise(x)) : normalise(activate(x));
  }
  const layers = sizes.slice(1).map((_, l) => l);
  return {
    ops,
    head,
    input: 'x',
    inputs: sizes[0],
    output: x,
    outputs: sizes[sizes.length - 1],
    loss,
    gradientLayers: layers.map((l) => `z${l}`),
    weightLayers: layers.map((l) => `l${l}.weight`),
  };
}

export interface ResidualSpec {
  readonly inputs: number;
  readonly width: number;
  /** Units between the two Linears of a branch; of no meaning where it has one. */
  readonly inner: number;
  readonly blocks: number;
  readonly outputs: number;
  readonly activation: Activation;
  readonly loss: Loss;
  /** Default: pre_norm. */
  readonly form?: ResidualForm;
  /** Default: layer. */
  readonly norm?: Exclude<Norm, 'none'>;
  /** Default: two_layer. */
  readonly branch?: Branch;
  /** Whether every branch is multiplied by the replica's branch scale. Default: false. */
  readonly isScaled?: boolean;
  /** Whether a norm stands in front of the output Linear. Default: where the form is pre_norm. */
  readonly finalNorm?: boolean;
  /** Default: true. */
  readonly bias?: boolean;
}

/** Whether an experiment's branches are multiplied by anything but 1. */
export function hasBranchScale(
  model: Pick<Extract<Model, { kind: 'residual_mlp' }>, 'branchScale' | 'branchScaleByDepth'>,
): boolean {
  return model.branchScale !== 1 || model.branchScaleByDepth;
}

/**
 * x0 = in(x); blocks times x ← x + s f(x) (plain), x + s f(norm(x)) (pre_norm) or norm(x + s f(x)) (post_norm), where f is
 * w2(φ(w1(x))) or w(φ(x)); out(x), or out(norm(x)). Residual stream `x0`…; block k's tensors start with `b{k}.`.
 * ref: He et al. 2016, "Identity mappings in deep residual networks"; Xiong et al. 2020 (pre- and post-norm)
 */
export function residualNetwork(spec: ResidualSpec): Network {
  const { inputs, width, blocks, outputs, loss, form = 'pre_norm', norm = 'layer', branch = 'two_layer', bias = true } = spec;
  const { finalNorm = form === 'pre_norm' } = spec;
  const ops: Op[] = [{ op: 'linear', name: 'in', input: 'x', output: 'x0', inputs, outputs: width, bias }];
  for (let k = 0; k < blocks; k++) ops.push(...residualBlock(spec, k));
  const head = ops.length;
  let x = `x${blocks}`;
  if (finalNorm) {
    const { op, prefix } = NORM_OPS[norm];
    ops.push({ op, name: `${prefix}f`, input: x, output: 'n', features: width });
    x = 'n';
  }
  ops.push({ op: 'linear', name: 'out', input: x, output: 'out', inputs: width, outputs, bias });
  const indices = Array.from({ length: blocks }, (_, k) => k);
  const linears = branch === 'two_layer' ? ['w1', 'w2'] : ['w'];
  return {
    ops,
    head,
    input: 'x',
    inputs,
    output: 'out',
    outputs,
    loss,
    gradientLayers: ['x0', ...indices.map((k) => `x${k + 1}`), 'out'],
    weightLayers: ['in.weight', ...indices.flatMap((k) => linears.map((name) => `b${k}.${name}.weight`)), 'out.weight'],
  };
}

/** The ops from `x{k}` to `x{k+1}`. */
function residualBlock(spec: ResidualSpec, k: number): Op[] {
  const { width, inner, activation, form = 'pre_norm', norm = 'layer', branch = 'two_layer', isScaled, bias = true } = spec;
  const ops: Op[] = [];
  const own = (name: string) => `b${k}.${name}`;
  const normalise = (input: string, output: string) => {
    const { op, prefix } = NORM_OPS[norm];
    ops.push({ op, name: own(prefix), input, output, features: width });
    return output;
  };
  const activate = (input: string, features: number) => {
    if (activation === 'linear') return input;
    ops.push({ op: 'activation', activation, input, output: own('h'), features });
    return own('h');
  };
  let x = form === 'pre_norm' ? normalise(`x${k}`, own('n')) : `x${k}`;
  if (branch === 'two_layer') {
    ops.push({ op: 'linear', name: own('w1'), input: x, output: own('z'), inputs: width, outputs: inner, bias });
    x = own('z');
  }
  const [name, inputs] = branch === 'two_layer' ? [own('w2'), inner] : [own('w'), width];
  x = activate(x, inputs);
  ops.push({ op: 'linear', name, input: x, output: own('y'), inputs, outputs: width, bias, endsBranch: true });
  if (isScaled) ops.push({ op: 'scale', input: own('y'), output: own('s'), features: width });
  const output = form === 'post_norm' ? own('sum') : `x${k + 1}`;
  ops.push({ op: 'add', inputs: [`x${k}`, own(isScaled ? 's' : 'y')], output, features: width });
  if (form === 'post_norm') normalise(output, `x${k + 1}`);
  return ops;
}

/** The network of an experiment on data with these many inputs and outputs. */
export function networkOf({ model, loss, task }: Experiment, inputs: number, outputs: number): Network {
  if (model.kind === 'recurrent') return recurrentNetwork({ ...model, steps: lengthOf(task), inputs, outputs, loss });
  if (model.kind === 'residual_mlp') return residualNetwork({ ...model, isScaled: hasBranchScale(model), inputs, outputs, loss });
  const sizes = [inputs, ...new Array<number>(model.depth).fill(model.width), outputs];
  const { activation, norm, normPlacement, bias } = model;
  // Batch norm would take the mean away again, and with it the bias.
  const followed = norm === 'batch' && (normPlacement === 'before' || activation === 'linear');
  return mlpNetwork({ sizes, activation, norm, normPlacement, hiddenBias: bias && !followed, outputBias: bias, loss });
}

/** Steps of a task's sequences; 1 where examples are none. */
export function lengthOf(task: Experiment['task']): number {
  return isSequenceTask(task) ? task.length : 1;
}

/** Every trainable tensor in the order of the ops. */
export function parametersOf({ ops }: Network): Parameter[] {
  return ops.flatMap((op): Parameter[] => {
    switch (op.op) {
      case 'linear': {
        const weight = {
          name: `${op.name}.weight`,
          role: 'weight',
          rows: op.inputs,
          columns: op.outputs,
          fanIn: op.inputs,
        } as const;
        const bias = { name: `${op.name}.bias`, role: 'bias', rows: 1, columns: op.outputs, fanIn: op.inputs } as const;
        const gates = op.cell ? { gates: { cell: op.cell, of: 'input' } as const } : {};
        const ends = op.endsBranch ? { endsBranch: true } : gates;
        return op.bias
          ? [
              { ...weight, ...ends },
              { ...bias, ...ends },
            ]
          : [{ ...weight, ...ends }];
      }
      case 'recurrence': {
        const columns = GATES[op.cell].length * op.hidden;
        const shared = { fanIn: op.hidden, columns, gates: { cell: op.cell, of: 'hidden' } } as const;
        const weight = { name: `${op.name}.weight`, role: 'weight', rows: op.hidden, ...shared } as const;
        const vector = (role: ParameterRole): Parameter => ({ name: `${op.name}.${role}`, role, rows: 1, ...shared });
        if (op.isNormed) return [weight, vector('gamma'), vector('beta')];
        return op.bias ? [weight, vector('bias')] : [weight];
      }
      case 'batch_norm':
      case 'layer_norm':
      case 'rms_norm': {
        const gamma = { name: `${op.name}.weight`, role: 'gamma', rows: 1, columns: op.features, fanIn: op.features } as const;
        return op.op === 'rms_norm' ? [gamma] : [gamma, { ...gamma, name: `${op.name}.bias`, role: 'beta' }];
      }
      default:
        return [];
    }
  });
}
