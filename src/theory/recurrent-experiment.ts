/** What theory says about a recurrent experiment's first iteration, step by step. */
import { lengthOf } from '../model/network.ts';
import type { Experiment, Model, Task } from '../model/schema.ts';
import { layerVariances } from './initial.ts';
import { type NoTimePrediction, predictThroughTime, type TimePrediction } from './recurrent.ts';

type Recurrent = Extract<Model, { kind: 'recurrent' }>;

const KEPT = 64;
const kept = new Map<string, TimePrediction | NoTimePrediction>();

/**
 * The growth per step, back in time, that theory expects of an experiment at initialisation, or why it is silent. It takes some
 * milliseconds, and none for settings seen before.
 */
export function predictionOf({ model, task }: Experiment): TimePrediction | NoTimePrediction {
  if (model.kind !== 'recurrent') return { reason: 'A network without time: theory speaks layer by layer.' };
  const key = JSON.stringify([model, task]);
  const known = kept.get(key);
  if (known) return known;
  const prediction = predict(model, task);
  const oldest = kept.keys().next();
  if (kept.size >= KEPT && !oldest.done) kept.delete(oldest.value);
  kept.set(key, prediction);
  return prediction;
}

function predict(model: Recurrent, task: Task): TimePrediction | NoTimePrediction {
  const { cell, activation, layers, hidden, norm, readout, recurrentInit, forgetBias } = model;
  if (norm !== 'none') return { reason: 'Layer norm inside the cell: there is no published rate per step.' };
  if (layers > 1) return { reason: 'Theory speaks of a single recurrent layer; gradients of several mix on their way.' };
  if (readout !== 'last') {
    return { reason: 'Gradients enter at every step: theory speaks of one that enters at the last and goes back.' };
  }
  if (cell !== 'rnn') return predictThroughTime({ cell, hidden, forgetBias: cell === 'lstm' ? forgetBias : 0, ...recurrentInit });
  const sigmaB2 = biasVariance(model);
  const inputVariance = inputVarianceOf(model, task);
  return predictThroughTime({ cell, activation, hidden, sigmaB2, inputVariance, ...recurrentInit });
}

/** Of both biases of a unit together. ref: torch.nn.RNNBase, U(±1/√H) for each */
function biasVariance({ bias, hidden, init, recurrentInit }: Recurrent): number {
  if (!bias) return 0;
  const torch = 1 / (3 * hidden);
  const ofInput = init.scheme === 'torch_default' ? torch : init.scheme === 'scaled_normal' ? init.biasVariance : 0;
  return ofInput + (recurrentInit.scheme === 'torch_default' ? torch : 0);
}

/** Variance of a unit of V x_t: that of a weight, times the mean of ‖x_t‖². */
function inputVarianceOf({ init, hidden }: Recurrent, task: Task): number {
  const { inputs, square } = inputsOf(task);
  const ofWeight =
    init.scheme === 'torch_default'
      ? (init.gain * init.gain) / (3 * hidden)
      : layerVariances(init, inputs, hidden, false).weight / inputs;
  return ofWeight * square * task.inputScale ** 2;
}

/** Numbers in a step, and the mean of the sum of their squares. */
function inputsOf(task: Task): { readonly inputs: number; readonly square: number } {
  switch (task.name) {
    // A number uniform in [0, 1) and a mark at two steps.
    case 'adding':
      return { inputs: 2, square: 1 / 3 + 2 / lengthOf(task) };
    // One-hot.
    case 'copy_memory':
      return { inputs: 10, square: 1 };
    case 'temporal_order':
      return { inputs: 6, square: 1 };
    case 'austen':
      return { inputs: 74, square: 1 };
    // Standardised: each number has variance 1.
    case 'spoken_digits':
      return { inputs: 40, square: 40 };
    // ±1 while there are bits, and a mark at the last step.
    case 'delayed_parity':
      return { inputs: 2, square: (task.bits + 1) / task.length };
    default:
      return { inputs: 1, square: 1 };
  }
}
