/**
 * What is measured: an MLP on digits8 as the product trains it (64 inputs, 10 classes, batches drawn on the device, every norm
 * recorded each iteration), width 64, batch 64, ReLU, He initialisation, SGD, clipping at 1. The same floating-point work as
 * workload W1 of the peers, whose batch is fixed.
 */
import { join } from 'node:path';
import type { Dataset } from '../data/dataset.ts';
import { loadDataset } from '../data/load.ts';
import { readAssetFromFolder } from '../data/read-asset-node.ts';
import type { Engine } from '../engine/engine.ts';
import { readTensor } from '../engine/tensor-io.ts';
import { SCALARS } from '../metrics/block.ts';
import { shapeOf, splitLayers } from '../metrics/layer-series.ts';
import { parseExperiment } from '../model/experiment.ts';
import { networkOf, parametersOf } from '../model/network.ts';
import type { Experiment } from '../model/schema.ts';
import { Trainer } from '../sweep/trainer.ts';
import { ROOT } from './root.ts';

export const LEARNING_RATE = 0.01;
export const CLIP = 1;

export function experimentOf(depth: number): Experiment {
  return parseExperiment({
    task: { name: 'digits8' },
    model: { kind: 'mlp', depth, width: 64, activation: 'relu', init: { scheme: 'he_normal' } },
    optimizer: { name: 'sgd', learningRate: LEARNING_RATE },
    clip: { rule: 'torch_norm', max: CLIP },
    batchSize: 64,
    // More than any measurement makes: a replica that has reached its last iteration rests.
    iterations: 10_000_000,
  });
}

/** Where a peer starts from: the parameters and the batch of iteration 0, row-major. */
export interface Start {
  readonly parameters: readonly { readonly rows: number; readonly columns: number; readonly data: Float32Array }[];
  readonly batch: {
    readonly rows: number;
    readonly features: number;
    readonly classes: number;
    /** Of sequences, whose x is (steps, rows, features); absent otherwise. */
    readonly steps?: number;
    readonly x: Float32Array;
    readonly oneHot: Float32Array;
  };
}

/** Iteration 0's loss and norms, which depend on nothing but the start. */
export interface FirstIteration {
  readonly loss: number;
  readonly gradientNorm: number;
  /** ‖dL/dW‖, input side first. */
  readonly weightNorms: readonly number[];
  /** ‖dL/dh‖ of each step of a recurrent layer, from the first on. */
  readonly stateNorms: readonly number[];
}

export interface Loaded {
  readonly trainer: Trainer;
  readonly experiment: Experiment;
  readonly dataset: Dataset;
  /** From an empty engine to the end of iteration 0: buffers, shaders, pipelines, uploads. */
  readonly compileMs: number;
  readonly first: FirstIteration;
}

/**
 * Loads the workload and trains iteration 0.
 *
 * @param replicas so many networks alike
 */
export async function loadWorkload(engine: Engine, depth: number, replicas = 1): Promise<Loaded> {
  const experiment = experimentOf(depth);
  return loadExperiment(engine, experiment, await datasetOf(experiment), replicas);
}

export function datasetOf({ task }: Experiment): Promise<Dataset> {
  return loadDataset(task, readAssetFromFolder(join(ROOT, 'src/data/assets')));
}

export async function loadExperiment(engine: Engine, experiment: Experiment, dataset: Dataset, replicas = 1): Promise<Loaded> {
  const start = performance.now();
  const trainer = await Trainer.create(engine, new Array<Experiment>(replicas).fill(experiment), dataset);
  const { scalars, layers } = await trainer.advance(1);
  const compileMs = performance.now() - start;
  const { log2Dw, log2Dh } = splitLayers(layers[0][0].words, shapeOf(trainer.summary));
  const powers = (log2: Float32Array) => Array.from(log2, (x) => 2 ** x);
  return {
    trainer,
    experiment,
    dataset,
    compileMs,
    first: {
      loss: scalars[SCALARS.indexOf('loss')],
      gradientNorm: 2 ** scalars[SCALARS.indexOf('log2GradientNorm')],
      weightNorms: powers(log2Dw),
      stateNorms: powers(log2Dh),
    },
  };
}

/** What iteration 0 started from; only right after `loadWorkload`, while its batch still lies on the device. */
export async function startOf({ trainer, experiment, dataset }: Loaded): Promise<Start> {
  const { batchSize } = experiment;
  const network = networkOf(experiment, dataset.inputs, dataset.outputs);
  const values = trainer.initial.of(network, experiment);
  const parameters = parametersOf(network).map(({ rows, columns }, index) => ({ rows, columns, data: values[index] }));
  const x = await readTensor(trainer.session, 'x', 1);
  const labels = new Uint32Array((await readTensor(trainer.session, 'label', 1)).buffer);
  const oneHot = new Float32Array(batchSize * dataset.outputs);
  for (let b = 0; b < batchSize; b++) oneHot[b * dataset.outputs + labels[b]] = 1;
  const steps = network.sequence ? { steps: network.sequence.steps } : {};
  return { parameters, batch: { rows: batchSize, features: dataset.inputs, classes: dataset.outputs, ...steps, x, oneHot } };
}

/** Where a peer starts from to train this experiment, and iteration 0 as our engine has it. */
export async function startOfExperiment(
  engine: Engine,
  experiment: Experiment,
  dataset: Dataset,
): Promise<{ readonly start: Start; readonly first: FirstIteration }> {
  const loaded = await loadExperiment(engine, experiment, dataset);
  const start = await startOf(loaded);
  loaded.trainer.destroy();
  return { start, first: loaded.first };
}
