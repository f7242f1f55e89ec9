/** The optimizers' rules against PyTorch's float64 traces, for either engine. */
import { expect } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { parseExperiment } from '../../src/model/experiment.ts';
import type { ExperimentInput, OptimizerName } from '../../src/model/schema.ts';
import { U } from '../support/tolerance.ts';
import apart from './decoupled_traces.json' with { type: 'json' };
import golden from './optim_traces.json' with { type: 'json' };
import { Updates } from './update-plan.ts';

const NAMES: Readonly<Record<string, OptimizerName>> = { SGD: 'sgd', Adam: 'adam', AdamW: 'adamw', RMSprop: 'rmsprop' };
export const OPTIMIZERS = Object.values(NAMES);

interface TorchArguments {
  readonly lr: number;
  readonly betas?: readonly number[];
  readonly eps?: number;
  readonly weight_decay?: number;
  readonly momentum?: number;
  readonly dampening?: number;
  readonly nesterov?: boolean;
  readonly alpha?: number;
  readonly centered?: boolean;
  /** torch.optim has no such argument; the traces say how they were made. */
  readonly decoupled?: boolean;
}

function optimizerOf(class_: string, torch: TorchArguments): ExperimentInput['optimizer'] {
  const { lr, betas, eps, weight_decay, momentum, dampening, nesterov, alpha, centered, decoupled } = torch;
  const fields = {
    momentum,
    dampening,
    nesterov,
    alpha,
    centered,
    decoupled,
    beta1: betas?.[0],
    beta2: betas?.[1],
    epsilon: eps,
  };
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  return { name: NAMES[class_], learningRate: lr, weightDecay: weight_decay ?? 0, ...given } as ExperimentInput['optimizer'];
}

/**
 * Roundings that may separate an update from float64's: settings, state and step are each rounded once; the longest rule (Adam's)
 * then has twelve operations, of which two square roots and two divisions count up to 9 and 5 (tests/support/tolerance.ts).
 */
const ROUNDINGS = 40;

/** Every trace of one optimizer as a replica; each must follow PyTorch's parameters through all five steps. */
export async function expectTraces(engine: Engine, optimizer: OptimizerName): Promise<void> {
  const traces = [
    ...golden.traces.map((trace) => ({ ...trace, decoupled: false })),
    ...apart.traces.map((trace) => ({ ...trace, decoupled: true })),
  ].filter(({ class_ }) => NAMES[class_] === optimizer);
  expect(traces.length).toBeGreaterThan(0);
  const experiments = traces.map(({ class_, args, decoupled }) =>
    parseExperiment({ optimizer: optimizerOf(class_, { ...args, ...(decoupled && { decoupled }) }) }),
  );
  const updates = await Updates.open(engine, experiments, [golden.p0.length]);
  try {
    traces.forEach((_, r) => {
      updates.write('p0', r, golden.p0);
    });
    const travelled = traces.map(() => golden.p0.map(Math.abs));
    for (const [step, gradient] of golden.grads.entries()) {
      traces.forEach((_, r) => {
        updates.write('grad.p0', r, gradient);
      });
      await updates.run(step);
      const actual = await updates.read(0);
      traces.forEach(({ name, params }, r) => {
        params[step].forEach((wanted, i) => {
          // An error scales with the largest value that has entered the sum so far: start and every step taken.
          travelled[r][i] += Math.abs(wanted - (step === 0 ? golden.p0[i] : params[step - 1][i]));
          const tolerance = ROUNDINGS * (step + 1) * U * travelled[r][i];
          expect(
            Math.abs(actual[r][i] - wanted),
            `${name}, step ${step}, p[${i}] = ${actual[r][i]}, torch ${wanted}`,
          ).toBeLessThanOrEqual(tolerance);
        });
      });
    }
  } finally {
    updates.destroy();
  }
}
