/** Small problems with known curvature, many learning rates at a time as replicas of one plan. */
import type { Engine, Session } from '../../src/engine/engine.ts';
import { readTensor, writeReplica } from '../../src/engine/tensor-io.ts';
import { parseExperiment } from '../../src/model/experiment.ts';
import { mlpNetwork, type Network } from '../../src/model/network.ts';
import type { ExperimentInput, OptimizerName } from '../../src/model/schema.ts';
import { buildPlan } from '../../src/plan/build.ts';
import { hyperWords } from '../../src/plan/hyper.ts';

export type OptimizerInput = NonNullable<ExperimentInput['optimizer']>;

/** Linear regression: Hessian (2/N) XᵀX with eigenvalues 1.1835034191, 2.8164965809 and 10/3. */
const X = [
  [1, 0, 2],
  [0, 1, -1],
  [2, 1, 0],
  [1, 1, 1],
  [-1, 2, 0],
  [0, -1, 1],
];
const TRUTH = [1, -2, 0.5];

const MOST_ITERATIONS = 10_000;

async function open(
  engine: Engine,
  network: Network,
  batchSize: number,
  optimizer: OptimizerInput,
  rates: readonly number[],
): Promise<Session> {
  const name = (optimizer.name ?? 'sgd') as OptimizerName;
  const plan = buildPlan({
    networks: [{ network, replicas: rates.length }],
    batchSize,
    optimizer: name,
    source: { kind: 'given' },
    layersEvery: MOST_ITERATIONS,
    ring: 2,
    limits: engine.limits,
  });
  const session = await engine.load(plan);
  rates.forEach((learningRate, r) => {
    const experiment = parseExperiment({ optimizer: { ...optimizer, learningRate }, iterations: MOST_ITERATIONS });
    writeReplica(session, 'hyper', r, hyperWords(experiment));
  });
  return session;
}

async function openRegression(engine: Engine, optimizer: OptimizerInput, rates: readonly number[]): Promise<Session> {
  const sizes = [3, 1];
  const network = mlpNetwork({
    sizes,
    activation: 'linear',
    norm: 'none',
    hiddenBias: false,
    outputBias: false,
    loss: 'mse',
  });
  const session = await open(engine, network, X.length, optimizer, rates);
  rates.forEach((_, r) => {
    writeReplica(session, 'x', r, Float32Array.from(X.flat()));
    writeReplica(
      session,
      'target',
      r,
      Float32Array.from(X, (row) => row.reduce((sum, x, i) => sum + x * TRUTH[i], 0)),
    );
    writeReplica(session, 'l0.weight', r, new Float32Array(3));
  });
  return session;
}

/** Each replica's weights. */
async function weightsOf(session: Session, replicas: number): Promise<Float32Array[]> {
  const all = await readTensor(session, 'l0.weight', replicas);
  return Array.from({ length: replicas }, (_, r) => all.slice(3 * r, 3 * r + 3));
}

const distance = (a: ArrayLike<number>, b: ArrayLike<number>) => Math.hypot(...Array.from(a, (value, i) => value - b[i]));

/** Factor of ‖w − w*‖ in gradient descent's iteration number `iterations`. */
export async function errorFactor(engine: Engine, rate: number, iterations: number): Promise<number> {
  const session = await openRegression(engine, { name: 'sgd' }, [rate]);
  await session.run('iteration', iterations);
  const [before] = await weightsOf(session, 1);
  await session.run('iteration', 1);
  const [after] = await weightsOf(session, 1);
  session.destroy();
  return distance(after, TRUTH) / distance(before, TRUTH);
}

/**
 * A step below this is rounding, not growth: gradients near 1 are rounded by some 1e-7, which a rate of 10, a momentum of 0.9 (a
 * factor of 10) and a thousand iterations with a factor of nearly −1 (a factor of √1000) make up to 1e-3.
 */
const ROUNDING = 1e-2;

/** Weights from which there is no way back: with Adam, squares of gradients have overflowed there, and steps are 0. */
const FAR = 1e15;

/** Which rates diverge: steps are larger, or not finite, after all iterations than after half of them, or end far away. */
async function diverging(engine: Engine, optimizer: OptimizerInput, rates: readonly number[], iterations: number) {
  const session = await openRegression(engine, optimizer, rates);
  const step = async (times: number) => {
    await session.run('iteration', times - 1);
    const before = await weightsOf(session, rates.length);
    await session.run('iteration', 1);
    const after = await weightsOf(session, rates.length);
    return after.map((weights, r) => (Math.hypot(...weights) > FAR ? Number.POSITIVE_INFINITY : distance(weights, before[r])));
  };
  const [middle, end] = [await step(iterations / 2), await step(iterations / 2)];
  session.destroy();
  return end.map((size, r) => !Number.isFinite(size) || (size > middle[r] && size > ROUNDING));
}

const RATES = 16;
/** Where no critical rate is expected to be known: seven decades on both sides of 1, times epsilon for Adam. */
const DECADES = 7;
const RESOLUTION = 1e-4;

/** The critical learning rate of the regression, to 1e-4, by narrowing a range that knows nothing of it. */
export async function criticalRateOf(engine: Engine, optimizer: OptimizerInput, iterations: number): Promise<number> {
  const unit = 'epsilon' in optimizer ? (optimizer.epsilon ?? 1) : 1;
  let [low, high] = [unit * 10 ** -DECADES, unit * 10 ** DECADES];
  while (high / low > 1 + RESOLUTION) {
    const ratio = (high / low) ** (1 / (RATES + 1));
    const rates = Array.from({ length: RATES }, (_, k) => low * ratio ** (k + 1));
    const diverges = await diverging(engine, optimizer, rates, iterations);
    const first = diverges.indexOf(true);
    high = first < 0 ? high : rates[first];
    low = first === 0 ? low : rates[(first < 0 ? RATES : first) - 1];
  }
  return Math.sqrt(low * high);
}

/**
 * Losses (f − 1)²/2 of f = Π w_l in two iterations in a row, after 3000 from w = 1.001, at these shares of the critical rate 2/L. The
 * engine's loss is (f − 1)², so that its rates are half as large.
 */
export async function chainLosses(engine: Engine, depth: number, shares: readonly number[]): Promise<number[][]> {
  const sizes = new Array<number>(depth + 1).fill(1);
  const network = mlpNetwork({
    sizes,
    activation: 'linear',
    norm: 'none',
    hiddenBias: false,
    outputBias: false,
    loss: 'mse',
  });
  const rates = shares.map((share) => (0.5 * share * 2) / depth);
  const session = await open(engine, network, 1, { name: 'sgd' }, rates);
  const one = Float32Array.of(1);
  rates.forEach((_, r) => {
    writeReplica(session, 'x', r, one);
    writeReplica(session, 'target', r, one);
    for (let l = 0; l < depth; l++) writeReplica(session, `l${l}.weight`, r, Float32Array.of(1.001));
  });
  await session.run('iteration', 2999);
  const losses: number[][] = shares.map(() => []);
  for (let k = 0; k < 2; k++) {
    await session.run('iteration', 1);
    const outputs = await readTensor(session, network.output, rates.length);
    outputs.forEach((f, r) => {
      losses[r].push(0.5 * (f - 1) ** 2);
    });
  }
  session.destroy();
  return losses;
}
