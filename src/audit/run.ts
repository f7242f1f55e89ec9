/** Runs a case on an engine and collects everything that PyTorch computed, too. */
import type { Engine, Session } from '../engine/engine.ts';
import { readNumbers, readTensor, tensorOf, writeReplica } from '../engine/tensor-io.ts';
import { joinEntries, log2Norm } from '../math/norm-pair.ts';
import { SCALARS } from '../metrics/block.ts';
import { stepName } from '../metrics/layer-series.ts';
import { type Parameter, parametersOf } from '../model/network.ts';
import type { NumberRange } from '../model/schema.ts';
import { buildPlan } from '../plan/build.ts';
import { hyperWords } from '../plan/hyper.ts';
import { stepsName } from '../plan/range.ts';
import { NORM_WORDS, STEP_GRADIENT, STEP_WORDS } from '../plan/records.ts';
import { type Case, parameterInCase } from './case.ts';

const ITERATIONS = 3;

/** What an engine computed; weights and their gradients as torch lays them out, (outputs, inputs). */
export interface Computed {
  /** Before iterations 0, 1, 2 and after them. */
  readonly losses: readonly number[];
  /** Of the three iterations, before clipping. */
  readonly globalNorms: readonly number[];
  readonly clipCoefficients: readonly number[];
  /** dL/dparameter of iteration 0, by parameter. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
  /** dL/dactivation of iteration 0, by name of the case's tensor without `dact.`. */
  readonly activationGradients: ReadonlyMap<string, Float32Array>;
  /** Norms as the engine measured them, by parameter and by activation. */
  readonly gradientNorms: ReadonlyMap<string, number>;
  readonly activationNorms: ReadonlyMap<string, number>;
  /** Parameters after three iterations. */
  readonly parameters: ReadonlyMap<string, Float32Array>;
}

/** The plan's name of an intermediate: the last layer is called z{L}, logits or out in cases, the state of step t h{t} or c{t}. */
export function planName({ network }: Case, name: string): string {
  if (name === 'logits' || name === 'out') return network.output;
  const [, state, t] = (network.sequence && /^([hc])(\d+)$/.exec(name)) || [];
  return state === undefined ? name : stepName(`${state}0`, Number(t));
}

/** @throws LimitError when the network does not fit the engine */
export async function runCase(engine: Engine, given: Case, range: NumberRange = 'ieee'): Promise<Computed> {
  const { network, batchSize, settings, document } = given;
  const plan = buildPlan({
    networks: [{ network, replicas: 1 }],
    batchSize,
    optimizer: settings.optimizer.name,
    range,
    source: { kind: 'given' },
    layersEvery: 1,
    layers: 'gradients',
    ring: ITERATIONS + 1,
    limits: engine.limits,
  });
  const session = await engine.load(plan);
  try {
    const parameters = parametersOf(network);
    writeCase(session, given, parameters);
    await session.run('iteration', 1);
    const gradients = await readParameters(session, parameters, 'grad.');
    const dacts = Object.keys(document.expected.dact_norm);
    const activationGradients = new Map<string, Float32Array>();
    for (const name of dacts) activationGradients.set(name, await readGradient(session, given, planName(given, name)));
    const norms = await readNorms(session);
    await session.run('iteration', ITERATIONS - 1);
    const after = await readParameters(session, parameters, '');
    await session.run('iteration', 1);
    return {
      ...(await readRing(session)),
      gradients,
      activationGradients,
      gradientNorms: new Map(parameters.map(({ name }) => [parameterInCase(name), norms.get(`grad.${name}`) ?? Number.NaN])),
      activationNorms: new Map(dacts.map((name) => [name, norms.get(`d${planName(given, name)}`) ?? Number.NaN])),
      parameters: after,
    };
  } finally {
    session.destroy();
  }
}

function writeCase(session: Session, { network, settings, tensors }: Case, parameters: readonly Parameter[]): void {
  const floats = (name: string) => tensors.get(name)?.data as Float32Array;
  for (const parameter of parameters) {
    const values = floats(`param.${parameterInCase(parameter.name)}`);
    const { role, rows, columns } = parameter;
    writeReplica(session, parameter.name, 0, role === 'weight' ? transpose(values, columns, rows) : values);
  }
  const x = floats('input.x');
  writeReplica(session, network.input, 0, network.sequence ? paddedSteps(x, network.sequence.steps, network.inputs) : x);
  const target = tensors.get('input.y')?.data as Float32Array | Int32Array;
  if (network.loss === 'mse') writeReplica(session, 'target', 0, target as Float32Array);
  else writeReplica(session, 'label', 0, Uint32Array.from(target));
  writeReplica(session, 'hyper', 0, hyperWords(settings));
}

/** (steps, B, inputs) with the rows of each step padded to a multiple of 4, as a plan has them. */
function paddedSteps(x: Float32Array, steps: number, inputs: number): Float32Array {
  const width = x.length / steps;
  const padded = 4 * Math.ceil(width / inputs / 4) * inputs;
  const out = new Float32Array(steps * padded);
  for (let t = 0; t < steps; t++) out.set(x.subarray(t * width, (t + 1) * width), t * padded);
  return out;
}

/** The gradient of a tensor, or of its rows of one step. */
async function readGradient(session: Session, { batchSize }: Case, name: string): Promise<Float32Array> {
  const [, tensor, t] = /^(.+)\[(\d+)\]$/.exec(name) ?? [];
  if (tensor === undefined) return readFloats(session, `d${name}`);
  const { columns } = tensorOf(session, `d${tensor}`);
  const first = Number(t) * 4 * Math.ceil(batchSize / 4) * columns;
  const stored = await readTensor(session, `d${tensor}`, 1);
  const exponent = await stepExponent(session, tensor, Number(t));
  return stored.slice(first, first + batchSize * columns).map((x) => x * 2 ** exponent);
}

/** The exponent of the gradients of a step, of the only recurrent layer of a case; 0 where the range is ieee. */
async function stepExponent(session: Session, state: string, t: number): Promise<number> {
  const words = session.plan.tensors.get(`range.${stepsName(state.replace('c', 'h'))}`);
  if (!words) return 0;
  const [read] = await session.read([words]);
  return read[t * STEP_WORDS + STEP_GRADIENT] | 0;
}

/** A tensor's numbers with their exponents, as PyTorch has them: float32. */
async function readFloats(session: Session, name: string): Promise<Float32Array> {
  return Float32Array.from(await readNumbers(session, name, 1));
}

async function readParameters(
  session: Session,
  parameters: readonly Parameter[],
  prefix: string,
): Promise<Map<string, Float32Array>> {
  const values = new Map<string, Float32Array>();
  for (const { name, role, rows, columns } of parameters) {
    const stored = await readFloats(session, `${prefix}${name}`);
    values.set(parameterInCase(name), role === 'weight' ? transpose(stored, rows, columns) : stored);
  }
  return values;
}

/** (rows, columns) row-major becomes (columns, rows). */
function transpose<A extends Float32Array | Float32Array>(values: A, rows: number, columns: number): A {
  const out = values.slice() as A;
  for (let row = 0; row < rows; row++) for (let c = 0; c < columns; c++) out[c * rows + row] = values[row * columns + c];
  return out;
}

/** The measured norms by tensor, in the order in which the plan measures them: all but the loss and the parameters. */
async function readNorms(session: Session): Promise<Map<string, number>> {
  const [words] = await session.read([tensorOf(session, 'norms')]);
  const names = session.plan.summary.measured.filter((name) => name !== 'loss').slice(0, words.length / NORM_WORDS);
  return new Map(names.map((name, t) => [name, 2 ** log2Norm(joinEntries(words, t, 1))]));
}

async function readRing(session: Session): Promise<Pick<Computed, 'losses' | 'globalNorms' | 'clipCoefficients'>> {
  const [words] = await session.read([tensorOf(session, 'ring')]);
  const values = new Float32Array(words.buffer, words.byteOffset, words.length);
  const series = (name: (typeof SCALARS)[number], length: number) =>
    Array.from({ length }, (_, k) => values[k * SCALARS.length + SCALARS.indexOf(name)]);
  return {
    losses: series('loss', ITERATIONS + 1),
    globalNorms: series('log2GradientNorm', ITERATIONS).map((log2) => 2 ** log2),
    clipCoefficients: series('clipCoefficient', ITERATIONS),
  };
}
