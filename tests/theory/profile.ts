/** Measures how norms change from layer to layer at initialisation, on any engine, many seeds as replicas of a plan. */
import type { Engine, Session } from '../../src/engine/engine.ts';
import { readTensor, writeReplica } from '../../src/engine/tensor-io.ts';
import { normals, PURPOSE } from '../../src/math/philox.ts';
import { initialValues } from '../../src/model/initialise.ts';
import { mlpNetwork, type Network, parametersOf } from '../../src/model/network.ts';
import type { Activation, Init, Norm, NormPlacement } from '../../src/model/schema.ts';
import { buildPlan, type PlanRequest } from '../../src/plan/build.ts';
import { HYPER, HYPER_WORDS } from '../../src/plan/records.ts';

export interface ProfileRequest {
  readonly activation: Activation;
  readonly init: Partial<Init>;
  readonly width: number;
  /** Linear layers, all width × width. */
  readonly layers: number;
  readonly seeds: number;
  readonly bias: boolean;
  /** Default none. */
  readonly norm?: Norm;
  /** Default before the activation. */
  readonly normPlacement?: NormPlacement;
  /** Examples per network; default 1. */
  readonly batchSize?: number;
}

/** Squared norms are summed over the batch. */
export interface Profile {
  /** ln ‖z_l‖², (seeds, layers). */
  readonly forward: readonly (readonly number[])[];
  /** ln ‖dL/dz_l‖², (seeds, layers). */
  readonly backward: readonly (readonly number[])[];
  /** ln ‖x‖² of the input, (seeds). */
  readonly input: readonly number[];
}

/** x ~ N(0, 1), (B, width). */
export async function measureProfile(engine: Engine, request: ProfileRequest): Promise<Profile> {
  const { activation, width, layers, bias, norm = 'none', normPlacement = 'before' } = request;
  const sizes = new Array<number>(layers + 1).fill(width);
  const hiddenBias = bias && norm !== 'batch';
  const network = mlpNetwork({ sizes, activation, norm, normPlacement, hiddenBias, outputBias: bias, loss: 'mse' });
  const names = sizes.slice(1).map((_, l) => `z${l}`);
  return measureNetwork(engine, network, names, request);
}

type Row = readonly number[];

/** Parameters whose networks are trained at a time: a quarter of a GiB with what belongs to them. */
const PARAMETERS_AT_ONCE = 2 ** 24;
const FIRST_SEED = 1000;

export interface NetworkRequest extends Pick<ProfileRequest, 'init' | 'seeds' | 'batchSize'> {
  /** Factor on residual branches; default 1. */
  readonly branchScale?: number;
  /** Square Linears that pass their input on as it is. */
  readonly identities?: readonly string[];
}

/**
 * Norms of the tensors of those names and of their gradients. Inputs are N(0, 1); the gradient at the top is random and
 * independent of the network.
 */
export async function measureNetwork(
  engine: Engine,
  network: Network,
  names: readonly string[],
  request: NetworkRequest,
): Promise<Profile> {
  const size = parametersOf(network).reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  const share = Math.max(1, Math.floor(PARAMETERS_AT_ONCE / size));
  const profile = { forward: [] as Row[], backward: [] as Row[], input: [] as number[] };
  for (let first = 0; first < request.seeds; first += share) {
    const replicas = Math.min(share, request.seeds - first);
    const part = await measureSeeds(engine, network, names, request, FIRST_SEED + first, replicas);
    profile.forward.push(...part.forward);
    profile.backward.push(...part.backward);
    profile.input.push(...part.input);
  }
  return profile;
}

/**
 * After one forward pass the mean-squared-error targets are set to z − c v, v ~ N(0, 1), so that dL/dz at the top is proportional
 * to v; c ~ rms(z) keeps v above the rounding of z.
 */
async function measureSeeds(
  engine: Engine,
  network: Network,
  names: readonly string[],
  { init: given, batchSize: B = 1, branchScale = 1, identities = [] }: NetworkRequest,
  firstSeed: number,
  replicas: number,
): Promise<Profile> {
  const session = await openGiven(engine, network, replicas, B);
  const init: Init = { scheme: 'scaled_normal', gain: 1, weightVariance: 1, biasVariance: 0, ...given };
  // Learning rate 0: the second pass sees the same weights.
  const hyper = new Float32Array(HYPER_WORDS);
  new Uint32Array(hyper.buffer)[HYPER.iterations] = 2;
  hyper[HYPER.branch_scale] = branchScale;
  for (let r = 0; r < replicas; r++) {
    const seed = firstSeed + r;
    writeInitial(session, network, init, r, seed);
    for (const name of identities) writeIdentity(session, network, name, r);
    writeReplica(session, 'hyper', r, hyper);
    writeReplica(session, network.input, r, normals(seed, PURPOSE.teacher, 0, B * network.inputs, 1));
  }
  await session.run('iteration', 1);
  const top = await readTensor(session, network.output, replicas);
  const size = top.length / replicas;
  for (let r = 0; r < replicas; r++) {
    const z = top.subarray(r * size, (r + 1) * size);
    const rms = Math.sqrt(z.reduce((sum, value) => sum + value * value, 0) / size);
    const v = normals(firstSeed + r, PURPOSE.noise, 0, size, rms);
    writeReplica(
      session,
      'target',
      r,
      Float32Array.from(z, (value, i) => value - v[i]),
    );
  }
  await session.run('iteration', 1);
  const profile = {
    forward: await squaredNorms(session, names, replicas),
    backward: await squaredNorms(
      session,
      names.map((name) => `d${name}`),
      replicas,
    ),
    input: logSquares(await readTensor(session, network.input, replicas), replicas),
  };
  session.destroy();
  return profile;
}

/** A session on a plan whose batch the test writes. */
export async function openGiven(
  engine: Engine,
  network: Network,
  replicas: number,
  batchSize: number,
  precision: PlanRequest['precision'] = 'float32',
): Promise<Session> {
  const plan = buildPlan({
    networks: [{ network, replicas }],
    batchSize,
    optimizer: 'sgd',
    precision,
    source: { kind: 'given' },
    layersEvery: 1,
    ring: 4,
    limits: engine.limits,
  });
  return engine.load(plan);
}

/** The product's own initial values. */
export function writeInitial(session: Session, network: Network, init: Init, r: number, seed: number): void {
  parametersOf(network).forEach((parameter, index) => {
    writeReplica(session, parameter.name, r, initialValues(parameter, init, seed, index));
  });
}

function writeIdentity(session: Session, network: Network, linear: string, r: number): void {
  for (const { name, role, rows, columns } of parametersOf(network)) {
    if (name === `${linear}.bias`) writeReplica(session, name, r, new Float32Array(columns));
    if (role !== 'weight' || name !== `${linear}.weight`) continue;
    const unit = Float32Array.from({ length: rows * columns }, (_, i) => Number(Math.floor(i / columns) === i % columns));
    writeReplica(session, name, r, unit);
  }
}

/** ln of the sum of squares of each replica, in double precision, so that the squares cannot overflow. */
function logSquares(values: Float32Array, replicas: number): number[] {
  const size = values.length / replicas;
  return Array.from({ length: replicas }, (_, r) => {
    let sum = 0;
    for (let i = r * size; i < (r + 1) * size; i++) sum += values[i] * values[i];
    return Math.log(sum);
  });
}

async function squaredNorms(session: Session, names: readonly string[], replicas: number): Promise<number[][]> {
  const byLayer: number[][] = [];
  for (const name of names) byLayer.push(logSquares(await readTensor(session, name, replicas), replicas));
  return byLayer[0].map((_, r) => byLayer.map((row) => row[r]));
}

/** Least-squares slope per layer, from the output towards the input, of the mean over seeds, layers first … last. */
export function slopeTowardsInput(rows: readonly (readonly number[])[], first: number, last: number): number {
  const layers = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const means = layers.map((l) => rows.reduce((sum, row) => sum + row[l], 0) / rows.length);
  const center = (first + last) / 2;
  const covariance = layers.reduce((sum, l, i) => sum + (l - center) * means[i], 0);
  const variance = layers.reduce((sum, l) => sum + (l - center) ** 2, 0);
  return -covariance / variance;
}
