/** Small plans and data sets for tests. */
import type { Dataset, Split } from '../../src/data/dataset.ts';
import { makeTeacher } from '../../src/data/teacher.ts';
import { parseExperiment } from '../../src/model/experiment.ts';
import { mlpNetwork, type Network, residualNetwork } from '../../src/model/network.ts';
import type { Experiment, ExperimentInput, Loss } from '../../src/model/schema.ts';
import { buildPlan, type PlanRequest } from '../../src/plan/build.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { random } from './run-kernel.ts';

const UNLIMITED = { bufferBytes: 2 ** 40, bindingBytes: 2 ** 40, totalBytes: 2 ** 40 };

/** A plan whose batch the test writes, unless the request says otherwise. */
export function planOf(network: Network, { replicas = 1, ...request }: Partial<PlanRequest> & { replicas?: number } = {}): Plan {
  return buildPlan({
    networks: [{ network, replicas }],
    batchSize: 3,
    optimizer: 'sgd',
    source: { kind: 'given' },
    layersEvery: 1,
    layers: 'all',
    ring: 16,
    limits: UNLIMITED,
    ...request,
  });
}

export function smallMlp(spec: Partial<Parameters<typeof mlpNetwork>[0]> = {}): Network {
  const usual = {
    sizes: [3, 5, 5, 5, 2],
    activation: 'tanh',
    norm: 'none',
    hiddenBias: true,
    outputBias: true,
    loss: 'mse',
  } as const;
  return mlpNetwork({ ...usual, ...spec });
}

export function smallResidual(spec: Partial<Parameters<typeof residualNetwork>[0]> = {}): Network {
  return residualNetwork({ inputs: 3, width: 5, inner: 6, blocks: 2, outputs: 2, activation: 'silu', loss: 'mse', ...spec });
}

/** A classification of `n` random examples, a quarter as many held out. */
export function randomClasses(inputs: number, outputs: number, n: number): Dataset {
  const split = (stream: number, count: number): Split => ({
    n: count,
    x: random(stream, count * inputs),
    labels: Uint32Array.from({ length: count }, (_, i) => (i * 7) % outputs),
  });
  return {
    name: 'random',
    kind: 'classification',
    inputs,
    outputs,
    classes: Array.from({ length: outputs }, (_, c) => `${c}`),
    train: split(1, n),
    test: split(2, Math.ceil(n / 4)),
    attribution: { title: '', credit: '', licence: '', url: '' },
  };
}

/** An experiment on a data set of these many inputs, outputs and examples, and the data set. */
export function smallExperiment(loss: Loss, input: ExperimentInput): { experiment: Experiment; dataset: Dataset } {
  const [inputs, outputs, examples] = [5, 3, 23];
  // `wine` stands for any classification: a trainer takes sizes and data from the data set it is given.
  const task = loss === 'mse' ? ({ name: 'teacher', inputs, outputs, examples } as const) : ({ name: 'wine' } as const);
  const experiment = parseExperiment({ batchSize: 7, ...input, task, loss });
  const dataset = experiment.task.name === 'teacher' ? makeTeacher(experiment.task) : randomClasses(inputs, outputs, examples);
  return { experiment, dataset };
}
