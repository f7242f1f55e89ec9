/** Fields of an experiment that are valid one by one and make no sense together. */
import type { Problem } from './errors.ts';
import { lengthOf } from './network.ts';
import { rateAt } from './schedule.ts';
import type { Experiment, Init } from './schema.ts';
import { isSequenceTask, SEQUENCE_TASKS, trainingExamples } from './task-schema.ts';

/** Largest float32. */
const LARGEST = 3.4028234663852886e38;

/** Of examples, their number and their length. */
export function taskProblems({ task, batchSize }: Experiment): Problem[] {
  const problems: Problem[] = [];
  const examples = trainingExamples(task);
  if (examples !== undefined && batchSize > examples) {
    const what = task.name === 'austen' ? `windows of ${task.length} characters` : `training examples of ${task.name}`;
    problems.push({ path: 'batchSize', problem: `${batchSize} exceeds the ${examples} ${what}; valid is 1 to ${examples}` });
  }
  if (task.name === 'delayed_parity' && task.bits >= task.length) {
    problems.push({
      path: 'task.bits',
      problem: `${task.bits} leaves no step for the answer in a sequence of ${task.length}; valid is 1 to ${task.length - 1}`,
    });
  }
  return problems;
}

/** Of norms, their place, and the forms of residual blocks. */
export function modelProblems(experiment: Experiment): Problem[] {
  const { model, batchSize, task } = experiment;
  if (model.kind === 'recurrent') return recurrentProblems(experiment, model);
  if (isSequenceTask(task)) {
    return [
      { path: 'model.kind', problem: `"${model.kind}" takes no sequences and task ${task.name} has them; valid is "recurrent"` },
    ];
  }
  const problems: Problem[] = [];
  const hasNorm = model.kind === 'mlp' || model.form !== 'plain';
  if (hasNorm && model.norm === 'batch' && batchSize < 2) {
    problems.push({
      path: 'batchSize',
      problem: `${batchSize} has no batch variance; with model.norm "batch" valid is 2 or more`,
    });
  }
  if (model.kind === 'mlp') {
    if (model.norm === 'none' && model.normPlacement !== 'before') {
      problems.push({ path: 'model.normPlacement', problem: '"after" places a norm and model.norm is "none"; leave it out' });
    }
    return problems;
  }
  if (!hasNorm && model.norm !== 'layer') {
    problems.push({
      path: 'model.norm',
      problem: `"${model.norm}" has no place in form "plain", which has no norm; leave it out`,
    });
  }
  if (!hasNorm && model.finalNorm) {
    problems.push({ path: 'model.finalNorm', problem: 'true adds a norm and form "plain" has none; valid is false' });
  }
  if (model.branch === 'one_layer' && model.inner !== 64) {
    problems.push({
      path: 'model.inner',
      problem: `${model.inner} units have no place in branch "one_layer", whose only Linear is as wide as the stream; leave it out`,
    });
  }
  return problems;
}

type Recurrent = Extract<Experiment['model'], { kind: 'recurrent' }>;

/** Of recurrent networks. */
function recurrentProblems({ task, range, precision }: Experiment, model: Recurrent): Problem[] {
  if (!isSequenceTask(task)) {
    const problem = `"recurrent" walks along sequences and task ${task.name} has none; valid is "mlp" or "residual_mlp", or task.name ${SEQUENCE_TASKS.join(', ')}`;
    return [{ path: 'model.kind', problem }];
  }
  const problems: Problem[] = [];
  const length = lengthOf(task);
  if (model.cell !== 'rnn' && model.activation !== 'tanh') {
    const problem = `"${model.activation}" is a choice of cell "rnn"; the gates of "${model.cell}" have their own, leave it out`;
    problems.push({ path: 'model.activation', problem });
  }
  if (model.cell !== 'lstm' && model.forgetBias !== 1) {
    const problem = `${model.forgetBias} has no place in cell "${model.cell}", which has no forget gate; leave it out`;
    problems.push({ path: 'model.forgetBias', problem });
  }
  if (model.truncation > length) {
    const problem = `${model.truncation} exceeds the ${length} steps of a sequence; valid is 1 to ${length}, or 0 for full back-propagation`;
    problems.push({ path: 'model.truncation', problem });
  }
  if (precision.name === 'float16') {
    problems.push({ path: 'precision.name', problem: '"float16" is not there for recurrent networks; valid is "float32"' });
  }
  if (range === 'extended' && model.norm !== 'none') {
    const problem = '"extended" is not there with layer norm inside the cell; valid is "ieee", or model.norm "none"';
    problems.push({ path: 'range', problem });
  } else if (range === 'extended' && (model.layers > 1 || model.readout !== 'last')) {
    const problem =
      '"extended" follows one recurrent layer back from its last step; valid is "ieee", or model.layers 1 with model.readout "last"';
    problems.push({ path: 'range', problem });
  }
  return problems;
}

/** Of the initial weights. */
export function initProblems({ model }: Experiment): Problem[] {
  const init: Init = model.init;
  if (init.scheme === 'scaled_normal') return [];
  const given = [
    init.weightVariance !== 1 && 'weightVariance',
    init.biasVariance !== 0 && 'biasVariance',
    init.branchWeightVariance !== undefined && 'branchWeightVariance',
    init.branchBiasVariance !== undefined && 'branchBiasVariance',
  ].find((field) => field !== false);
  if (given === undefined) return [];
  const problem = `only scheme "scaled_normal" has it, the scheme is "${init.scheme}"; leave it out or change the scheme`;
  return [{ path: `model.init.${given}`, problem }];
}

/** Of the learning rate's schedule and the run's length. */
export function scheduleProblems({ optimizer, iterations }: Experiment): Problem[] {
  const { schedule, learningRate } = optimizer;
  const problem = (field: string, text: string): Problem[] => [{ path: `optimizer.schedule.${field}`, problem: text }];
  const run = `the run's ${iterations} iterations`;
  if (schedule.name === 'one_cycle') {
    const { period, peakShare } = schedule;
    if (period > iterations)
      return problem('period', `${period} exceeds ${run}; valid is up to ${iterations}, or 0 for all of them`);
    const rise = peakShare * (period || iterations);
    if (rise > 1) return [];
    const least = 1 / (period || iterations);
    return problem(
      'peakShare',
      `${peakShare} leaves no iteration for the rise; in ${period || iterations} valid is above ${least}`,
    );
  }
  const { warmup, warmupStart } = schedule;
  if (warmup > iterations) return problem('warmup', `${warmup} exceeds ${run}; valid is up to ${iterations}`);
  if (warmup === 0 && warmupStart !== 0.01) {
    return problem('warmupStart', `${warmupStart} starts a warm-up and optimizer.schedule.warmup is 0; leave it out`);
  }
  const left = iterations - warmup;
  const behind = `the ${left} iterations behind the warm-up`;
  if (schedule.name === 'cosine') {
    if (left < 1) return problem('warmup', `${warmup} leaves no iteration to the cosine; valid is up to ${iterations - 1}`);
    if (schedule.period > left)
      return problem('period', `${schedule.period} exceeds ${behind}; valid is up to ${left}, or 0 for all of them`);
  }
  if (schedule.name === 'step') {
    if (schedule.every > left) return problem('every', `${schedule.every} exceeds ${behind}; valid is up to ${left}`);
    // The device multiplies the rate by the product of all steps, which is itself a float32.
    if (rateAt(schedule, Math.max(learningRate, 1), iterations - 1, iterations) > LARGEST) {
      return problem('factor', `${schedule.factor} grows beyond 3.4e38 within the run; valid is a lower one, or fewer steps`);
    }
  }
  return [];
}
