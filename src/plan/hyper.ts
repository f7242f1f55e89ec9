/** A replica's settings as the words of the `hyper` record. */
import { scheduleNumbers } from '../model/schedule.ts';
import type { Experiment } from '../model/schema.ts';
import { CLIP_RULE, HYPER, HYPER_WORDS, POLICY } from './records.ts';

/** ln 0 is held at a value whose exponential is 0 in float32, so that no infinity enters a shader. */
const LOWEST_LOG = -1000;

export function hyperWords(experiment: Experiment): Float32Array {
  const { optimizer, clip, nonFinite, seed, iterations, task, stop, model, precision } = experiment;
  const words = new Float32Array(HYPER_WORDS);
  const integers = new Uint32Array(words.buffer);
  const set = (fields: Partial<Record<keyof typeof HYPER, number>>) => {
    for (const [name, value] of Object.entries(fields)) words[HYPER[name as keyof typeof HYPER]] = value;
  };
  set({ learning_rate: optimizer.learningRate, weight_decay: optimizer.weightDecay, input_scale: task.inputScale });
  set({ decoupled: Number(optimizer.name === 'adamw' || (optimizer.name !== 'adam' && optimizer.decoupled)) });
  const { code, warmup, warmupStart, period, low, peak, start, end } = scheduleNumbers(optimizer.schedule, iterations);
  set({ warmup_start: warmupStart, schedule_low: low, schedule_peak: peak, schedule_start: start, schedule_end: end });
  integers[HYPER.schedule] = code;
  integers[HYPER.warmup] = warmup;
  integers[HYPER.schedule_period] = period;
  switch (optimizer.name) {
    case 'sgd':
      set({ momentum: optimizer.momentum, dampening: optimizer.dampening, nesterov: Number(optimizer.nesterov) });
      break;
    case 'adam':
    case 'adamw':
      set({
        beta1: optimizer.beta1,
        beta2: optimizer.beta2,
        epsilon: optimizer.epsilon,
        log_beta1: Math.max(Math.log(optimizer.beta1), LOWEST_LOG),
        log_beta2: Math.max(Math.log(optimizer.beta2), LOWEST_LOG),
        one_minus_beta1: 1 - optimizer.beta1,
        one_minus_beta2: 1 - optimizer.beta2,
      });
      break;
    case 'rmsprop':
      set({
        alpha: optimizer.alpha,
        one_minus_alpha: 1 - optimizer.alpha,
        epsilon: optimizer.epsilon,
        momentum: optimizer.momentum,
        centered: Number(optimizer.centered),
      });
      break;
  }
  set({
    stop_loss_below: stop.lossBelow,
    stop_loss_factor: stop.lossFactor,
    stop_share: stop.plateauShare,
    stop_window: stop.window,
  });
  if (model.kind === 'residual_mlp') {
    set({ branch_scale: model.branchScale / (model.branchScaleByDepth ? Math.sqrt(model.blocks) : 1) });
  }
  integers[HYPER.stop_plateau] = stop.plateau;
  integers[HYPER.stop_weights] = Number(stop.weightsNotFinite);
  if (clip.rule === 'adaptive') set({ clip_max: clip.ratio, clip_epsilon: clip.epsilon });
  else if (clip.rule !== 'none') set({ clip_max: clip.max });
  integers[HYPER.clip_rule] = CLIP_RULE[clip.rule];
  if (precision.name === 'float16') {
    set({ loss_exponent: Math.log2(precision.lossScale) });
    integers[HYPER.loss_growth] = precision.lossScaleGrowth;
  }
  integers[HYPER.policy] = POLICY[nonFinite];
  integers[HYPER.seed] = seed;
  integers[HYPER.iterations] = iterations;
  return words;
}
