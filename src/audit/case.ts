/** A case: a network, its settings and one batch, with what PyTorch computed. */
import * as v from 'valibot';
import { ConfigError, DataError } from '../model/errors.ts';
import { parseExperiment, problemsOf } from '../model/experiment.ts';
import { mlpNetwork, type Network, parametersOf, residualNetwork } from '../model/network.ts';
import { recurrentNetwork } from '../model/recurrent-network.ts';
import type { Experiment, ExperimentInput } from '../model/schema.ts';
import { readSafetensors, type StoredTensor } from './safetensors.ts';
import { type CaseDocument, caseSchema } from './schema.ts';

export interface Case {
  readonly name: string;
  readonly document: CaseDocument;
  readonly network: Network;
  /** Carries optimizer and clip; its task and model are not the case's. */
  readonly settings: Experiment;
  readonly batchSize: number;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** Kinds that the format has and this version has no network for. */
const UNREPRESENTED: Readonly<Record<string, string>> = {
  transformer: 'transformers',
  gan: 'adversarial pairs of networks',
};

/**
 * Reads the JSON half.
 *
 * @param subject named in errors
 * @throws ConfigError when it is no valid case, or one that this version cannot represent
 */
export function parseCase(input: unknown, subject: string): CaseDocument {
  const kind = (input as { model?: { kind?: unknown } } | null)?.model?.kind;
  const missing = typeof kind === 'string' && Object.hasOwn(UNREPRESENTED, kind) ? UNREPRESENTED[kind] : undefined;
  if (missing) {
    const problem = `"${kind}" cannot be represented: ${missing} are not in this version, which audits "mlp", "residual_mlp", "rnn", "lstm" and "gru"`;
    throw new ConfigError(subject, [{ path: 'model.kind', problem }]);
  }
  const result = v.safeParse(caseSchema, input);
  if (!result.success) throw new ConfigError(subject, problemsOf(caseSchema, result.issues));
  const document = result.output;
  const { model, optimizer, tensors } = document;
  const refuse = (path: string, problem: string) => new ConfigError(subject, [{ path, problem }]);
  if (!/^[^/\\]+$/.test(tensors))
    throw refuse('tensors', `"${tensors}" is not valid; valid is the name of a file in the same folder`);
  if (model.kind === 'mlp' && model.norm === 'batch' && model.bias.hidden) {
    throw refuse(
      'model.bias.hidden',
      'true with norm "batch" cannot be compared: those gradients are 0 but for rounding; use bias=False',
    );
  }
  if (optimizer.name === 'sgd' && optimizer.nesterov && (optimizer.momentum === 0 || optimizer.dampening !== 0)) {
    throw refuse('optimizer.nesterov', 'true needs momentum above 0 and dampening 0, as in torch');
  }
  return document;
}

/**
 * Joins both halves.
 *
 * @param file of the tensors, named in errors
 * @throws DataError when the tensors are damaged, missing or of another shape than the model says
 */
export function readCase(document: CaseDocument, bytes: Uint8Array, file: string): Case {
  const tensors = readSafetensors(bytes, file);
  const network = networkOf(document);
  const need = (name: string, type: 'float32' | 'int32', ...shape: number[]) => requireTensor(tensors, file, name, type, shape);
  const steps = network.sequence ? [network.sequence.steps] : [];
  const batchSize = tensors.get('input.x')?.shape[steps.length] ?? 0;
  const wanted = network.sequence ? '[time, batch, inputs]' : '[batch, inputs]';
  if (batchSize < 1) throw new DataError(file, `there is no tensor "input.x" of shape ${wanted}`);
  need('input.x', 'float32', ...steps, batchSize, network.inputs);
  if (network.loss === 'mse') need('input.y', 'float32', batchSize, network.outputs);
  else checkLabels(need('input.y', 'int32', batchSize), network.outputs, file);
  for (const { name, role, rows, columns } of parametersOf(network)) {
    const shape = role === 'weight' ? [columns, rows] : [columns];
    for (const prefix of ['param', 'grad', 'after3']) need(`${prefix}.${parameterInCase(name)}`, 'float32', ...shape);
  }
  return { name: document.name, document, network, settings: settingsOf(document), batchSize, tensors };
}

/** The case's name of a parameter: the cell's have torch's, and one layer needs no number. */
export function parameterInCase(name: string): string {
  const [, part, role] = /^l0\.(ih|hh)\.(weight|bias)$/.exec(name) ?? [];
  return part === undefined ? name : `${role}_${part}`;
}

function requireTensor(
  tensors: Case['tensors'],
  file: string,
  name: string,
  type: string,
  shape: readonly number[],
): StoredTensor {
  const tensor = tensors.get(name);
  if (!tensor) throw new DataError(file, `there is no tensor "${name}" of shape [${shape}]`);
  const found = tensor.data instanceof Float32Array ? 'float32' : 'int32';
  if (found !== type || tensor.shape.join() !== shape.join()) {
    throw new DataError(file, `tensor "${name}" is ${found} [${tensor.shape}]; the model needs ${type} [${shape}]`);
  }
  // What PyTorch computed may be anything; what it started from may not.
  const broken = /^(param|input)\./.test(name) ? tensor.data.findIndex((value) => !Number.isFinite(value)) : -1;
  if (broken >= 0) {
    throw new DataError(file, `tensor "${name}" holds ${tensor.data[broken]} at element ${broken}; valid are finite numbers`);
  }
  return tensor;
}

function checkLabels({ data }: StoredTensor, classes: number, file: string): void {
  const wrong = data.findIndex((label) => label < 0 || label >= classes);
  if (wrong >= 0)
    throw new DataError(
      file,
      `tensor "input.y": label ${data[wrong]} of row ${wrong} is none of the classes 0 to ${classes - 1}`,
    );
}

function networkOf({ model, loss_function: loss }: CaseDocument): Network {
  if (model.kind === 'residual_mlp') {
    const { input, width, inner, blocks, output, activation } = model;
    return residualNetwork({ inputs: input, width, inner, blocks, outputs: output, activation, loss });
  }
  if (model.kind !== 'mlp') {
    const { kind: cell, input: inputs, hidden, output: outputs, time: steps, readout } = model;
    const rest = { activation: 'tanh', layers: 1, truncation: 0, bias: true } as const;
    return recurrentNetwork({ ...rest, cell, inputs, hidden, outputs, steps, readout, loss });
  }
  const { sizes, activation, norm, bias } = model;
  return mlpNetwork({ sizes, activation, norm, hiddenBias: bias.hidden, outputBias: bias.output, loss });
}

/** Three iterations and a fourth forward pass. */
const ITERATIONS = 4;

function settingsOf({ optimizer, clip }: CaseDocument): Experiment {
  const max = clip.rule === 'torch_norm' ? { rule: clip.rule, max: clip.max_norm } : clip;
  return parseExperiment({ optimizer: optimizerOf(optimizer), clip: max, iterations: ITERATIONS });
}

function optimizerOf(optimizer: CaseDocument['optimizer']): ExperimentInput['optimizer'] {
  const { name, lr: learningRate, weight_decay: weightDecay } = optimizer;
  switch (name) {
    case 'sgd': {
      const { momentum, dampening, nesterov } = optimizer;
      return { name, learningRate, weightDecay, momentum, dampening, nesterov };
    }
    case 'adam':
    case 'adamw': {
      const [beta1, beta2] = optimizer.betas;
      return { name, learningRate, weightDecay, beta1, beta2, epsilon: optimizer.eps };
    }
    case 'rmsprop': {
      const { alpha, eps: epsilon, momentum, centered } = optimizer;
      return { name, learningRate, weightDecay, alpha, epsilon, momentum, centered };
    }
  }
}
