/**
 * What `bench recurrent` measures: one recurrent layer of 64 units along sequences of 8 numbers a step, batch 32, a read-out of the last
 * step into 10 classes with cross-entropy, SGD, clipping at 1, the norm of every gradient and of dL/dh of every step recorded each
 * iteration. The same work as workload W4 of the peers but for its loss.
 */
import type { Dataset } from '../data/dataset.ts';
import { normals, PURPOSE } from '../math/philox.ts';
import { parseExperiment } from '../model/experiment.ts';
import type { Cell } from '../model/recurrent-schema.ts';
import type { Experiment } from '../model/schema.ts';
import { CLIP, LEARNING_RATE } from './workload.ts';

export const RECURRENT = { hidden: 64, inputs: 8, classes: 10, batchSize: 32 } as const;

/** So small that tanh stays nearly linear over a thousand steps: with an orthogonal matrix no gradient then leaves float32. */
const INPUT_SCALE = 0.003;

export function recurrentExperiment(cell: Cell, steps: number): Experiment {
  return parseExperiment({
    // Of the task only the length counts, and that an example has one label: the numbers are those of `noiseOf`.
    task: { name: 'temporal_order', length: steps, inputScale: INPUT_SCALE },
    model: {
      kind: 'recurrent',
      cell,
      hidden: RECURRENT.hidden,
      activation: 'tanh',
      readout: 'last',
      init: { scheme: 'lecun_normal' },
      recurrentInit: { scheme: 'orthogonal' },
    },
    optimizer: { name: 'sgd', learningRate: LEARNING_RATE },
    clip: { rule: 'torch_norm', max: CLIP },
    batchSize: RECURRENT.batchSize,
    iterations: 10_000_000,
    probes: { layers: 'gradients' },
  });
}

/** One batch of noise, of which each iteration draws all. */
export function noiseOf(steps: number): Dataset {
  const { batchSize: n, inputs, classes } = RECURRENT;
  const split = {
    n,
    x: normals(1, PURPOSE.sample, 0, n * steps * inputs, 1),
    labels: Uint32Array.from({ length: n }, (_, b) => b % classes),
    lengths: new Uint32Array(n).fill(steps),
  };
  return {
    name: 'noise',
    kind: 'classification',
    inputs,
    outputs: classes,
    classes: Array.from({ length: classes }, (_, c) => String(c)),
    sequence: { kind: 'frames', steps, labels: 'sequence', baselines: () => [] },
    train: split,
    test: split,
    attribution: { title: 'noise', credit: '', licence: '', url: '' },
  };
}
