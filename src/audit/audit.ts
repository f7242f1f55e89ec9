/** Compares what an engine computed with what PyTorch computed, quantity by quantity. */
import type { Engine } from '../engine/engine.ts';
import { ConfigError, DataError } from '../model/errors.ts';
import { featuresOf, parametersOf } from '../model/network.ts';
import type { NumberRange } from '../model/schema.ts';
import { signalsOf } from '../plan/measured.ts';
import { type Case, parameterInCase } from './case.ts';
import { type Computed, planName, runCase } from './run.ts';

/** The worst deviation of one kind of number. */
export interface Quantity {
  readonly quantity: string;
  /** `relative` to the expected number or the tensor's norm, or `absolute`. */
  readonly measure: 'relative' | 'absolute';
  readonly worst: number;
  readonly tolerance: number;
  /** Where the worst is: a tensor's or a number's name in the case. */
  readonly where: string;
  /** Tensors or numbers compared. */
  readonly compared: number;
  readonly passed: boolean;
}

export interface Audit {
  readonly name: string;
  readonly engine: 'gpu' | 'cpu';
  readonly range: NumberRange;
  readonly passed: boolean;
  readonly quantities: readonly Quantity[];
}

/** Suggested by the format for another float32 engine; where torch's float32 deviates by more than a tenth, ten times that. */
const SUGGESTED = { loss: 1e-6, gradient: 1e-5, parameter: 1e-5, parameterAdam: 5e-5 } as const;
const TIMES_TORCH = 10;

type Deviation = readonly [where: string, value: number];

/**
 * Runs a case on an engine and compares every number of it.
 *
 * @throws ConfigError or DataError when the case names an intermediate that the network does not have
 * @throws LimitError when the network does not fit the engine
 */
export async function auditCase(engine: Engine, given: Case, file: string, range: NumberRange = 'ieee'): Promise<Audit> {
  checkIntermediates(given, file);
  const computed = await runCase(engine, given, range);
  const quantities = compare(given, computed);
  return { name: given.name, engine: engine.report.engine, range, passed: quantities.every(({ passed }) => passed), quantities };
}

function checkIntermediates(given: Case, file: string): void {
  const { document, network, tensors, batchSize } = given;
  const features = new Map(network.ops.map((op) => [op.output, featuresOf(op)]));
  const kept = signalsOf(network).d;
  for (const name of Object.keys(document.expected.dact_norm)) {
    const plan = planName(given, name);
    if (!kept.includes(`d${plan}`)) {
      const valid = network.sequence ? `h0 to h${network.sequence.steps - 1} and out` : network.gradientLayers.join(', ');
      const problem = `dL/d${name} cannot be represented; this network keeps the gradients of ${valid}`;
      throw new ConfigError(given.name, [{ path: `expected.dact_norm.${name}`, problem }]);
    }
    const shape = `${batchSize},${features.get(plan.replace(/^c|\[\d+\]$/g, (part) => (part === 'c' ? 'h' : '')))}`;
    const tensor = tensors.get(`dact.${name}`);
    if (tensor?.shape.join() !== shape) {
      throw new DataError(
        file,
        tensor ? `tensor "dact.${name}" is [${tensor.shape}]; the model needs [${shape}]` : `there is no tensor "dact.${name}"`,
      );
    }
  }
  for (const name of Object.keys(document.expected.tensor_grad_norm)) {
    if (parametersOf(network).some((parameter) => parameterInCase(parameter.name) === name)) continue;
    throw new ConfigError(given.name, [
      { path: `expected.tensor_grad_norm.${name}`, problem: 'the model has no such parameter; remove it' },
    ]);
  }
}

function compare({ document, tensors }: Case, computed: Computed): Quantity[] {
  const { expected, float32_deviation: torch, optimizer } = document;
  const tolerance = (suggested: number, deviation: number) => Math.max(suggested, TIMES_TORCH * deviation);
  const loss = tolerance(SUGGESTED.loss, torch.loss_rel);
  const gradient = tolerance(SUGGESTED.gradient, Math.max(torch.grad_rel, torch.grad_worst_tensor_rel));
  const adam = optimizer.name === 'adam' || optimizer.name === 'adamw';
  const parameter = tolerance(adam ? SUGGESTED.parameterAdam : SUGGESTED.parameter, torch.after3_maxabs);
  const stored = (name: string) => tensors.get(name)?.data as Float32Array;
  const tensorsOf = (prefix: string, actual: ReadonlyMap<string, Float32Array>, measure: typeof relativeToNorm) =>
    [...actual].map(([name, values]): Deviation => [`${prefix}${name}`, measure(values, stored(`${prefix}${name}`))]);
  const numbers = (name: string, actual: readonly number[], wanted: readonly number[]) =>
    wanted.map((value, k): Deviation => [`${name}[${k}]`, relative(actual[k], value)]);
  const named = (name: string, actual: ReadonlyMap<string, number>, wanted: Readonly<Record<string, number>>) =>
    Object.entries(wanted).map(([key, value]): Deviation => [`${name}.${key}`, relative(actual.get(key) ?? Number.NaN, value)]);
  return [
    worst('loss', 'relative', loss, numbers('loss', computed.losses.slice(0, 3), expected.loss)),
    worst('loss after 3', 'relative', loss, [['loss_after3', relative(computed.losses[3], expected.loss_after3)]]),
    worst('dL/dparameter', 'relative', gradient, tensorsOf('grad.', computed.gradients, relativeToNorm)),
    worst('dL/dactivation', 'relative', gradient, tensorsOf('dact.', computed.activationGradients, relativeToNorm)),
    worst(
      'norm of dL/dparameter',
      'relative',
      gradient,
      named('tensor_grad_norm', computed.gradientNorms, expected.tensor_grad_norm),
    ),
    worst('norm of dL/dactivation', 'relative', gradient, named('dact_norm', computed.activationNorms, expected.dact_norm)),
    worst('global norm', 'relative', gradient, numbers('global_grad_norm', computed.globalNorms, expected.global_grad_norm)),
    worst('clip coefficient', 'relative', gradient, numbers('clip_coef', computed.clipCoefficients, expected.clip_coef)),
    worst('parameters after 3', 'absolute', parameter, tensorsOf('after3.', computed.parameters, largestDifference)),
  ];
}

function worst(quantity: string, measure: Quantity['measure'], tolerance: number, deviations: readonly Deviation[]): Quantity {
  let [where, value]: Deviation = ['', 0];
  // NaN counts as the worst there is, and the first one stays.
  for (const [name, deviation] of deviations)
    if (where === '' || (!Number.isNaN(value) && !(deviation <= value))) [where, value] = [name, deviation];
  return { quantity, measure, worst: value, tolerance, where, compared: deviations.length, passed: value <= tolerance };
}

function relative(actual: number, expected: number): number {
  return actual === expected ? 0 : Math.abs(actual - expected) / Math.abs(expected);
}

/** ‖actual − expected‖ / ‖expected‖ */
function relativeToNorm(actual: Float32Array, expected: Float32Array): number {
  let difference = 0;
  let norm = 0;
  expected.forEach((value, i) => {
    difference += (actual[i] - value) ** 2;
    norm += value ** 2;
  });
  return difference === 0 ? 0 : Math.sqrt(difference / norm);
}

/** max |actual − expected|, NaN where either is. */
function largestDifference(actual: Float32Array, expected: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]);
    if (Number.isNaN(difference)) return difference;
    largest = Math.max(largest, difference);
  }
  return largest;
}
