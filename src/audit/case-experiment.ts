/** A case as an experiment: its settings, with weights and data of the experiment's own. */
import { parseExperiment } from '../model/experiment.ts';
import type { Experiment, ExperimentInput } from '../model/schema.ts';
import type { Case } from './case.ts';

/** What an experiment can hold of a case, and in words what it cannot; or why it can hold nothing. */
export type CaseExperiment = { readonly experiment: Experiment; readonly lost: readonly string[] } | { readonly reason: string };

/** Iterations enough to see how the settings do; a case has three. */
const ITERATIONS = 500;
/** Of `temporal_order`, in steps. */
const SHORTEST_ORDER = 20;

export function experimentOfCase({ document, settings, batchSize }: Case): CaseExperiment {
  const { model, loss_function: loss } = document;
  const { optimizer, clip } = settings;
  const lost = ['its weights: the run draws its own from its seed', `its one batch of ${batchSize}`];
  const built =
    model.kind === 'mlp' ? ofMlp(model, loss) : model.kind === 'residual_mlp' ? ofResidual(model, loss) : ofCell(model, loss);
  if ('reason' in built) return built;
  const experiment = parseExperiment({ ...built.input, optimizer, clip, batchSize, loss, iterations: ITERATIONS });
  return { experiment, lost: [...lost, ...built.lost] };
}

type Model<Kind extends string> = Extract<Case['document']['model'], { kind: Kind }>;
type Loss = Case['document']['loss_function'];
type Built = { readonly input: ExperimentInput; readonly lost: readonly string[] } | { readonly reason: string };

function ofMlp({ sizes, activation, norm, bias }: Model<'mlp'>, loss: Loss): Built {
  const [width, ...others] = sizes.slice(1, -1);
  if (width === undefined) return { reason: 'It has no hidden layer; an experiment has one or more.' };
  if (others.some((other) => other !== width))
    return { reason: `Its hidden layers have ${[width, ...others].join(', ')} units; those of an experiment have one width.` };
  const lost = bias.output === bias.hidden || norm === 'batch' ? [] : ['an output layer that differs in its bias'];
  const data = dataOf(loss, sizes[0], sizes[sizes.length - 1]);
  const model = {
    kind: 'mlp',
    depth: others.length + 1,
    width,
    activation,
    norm,
    bias: bias.hidden || norm === 'batch',
  } as const;
  return { input: { model, task: data.task }, lost: [...lost, ...data.lost] };
}

function ofResidual({ input, width, inner, blocks, output, activation }: Model<'residual_mlp'>, loss: Loss): Built {
  const data = dataOf(loss, input, output);
  const model = { kind: 'residual_mlp', blocks, width, inner, activation, form: 'pre_norm', norm: 'layer' } as const;
  return { input: { model, task: data.task }, lost: data.lost };
}

function ofCell({ kind: cell, hidden, input, output, time, readout }: Model<'rnn' | 'lstm' | 'gru'>, loss: Loss): Built {
  const model = { kind: 'recurrent', cell, hidden, layers: 1, readout } as const;
  const task =
    loss === 'mse'
      ? ({ name: 'adding', length: Math.max(2, time) } as const)
      : ({ name: 'temporal_order', length: Math.max(SHORTEST_ORDER, time) } as const);
  const words = task.name === 'adding' ? 'adding two numbers' : 'temporal order';
  return {
    input: { model, task },
    lost: [`its ${input} inputs and ${output} outputs: the task is ${words}, of ${task.length} steps`],
  };
}

/** Targets that are numbers come of a teacher of the same shape; classes are those of the digits. */
function dataOf(loss: Loss, inputs: number, outputs: number): { task: ExperimentInput['task']; lost: readonly string[] } {
  if (loss === 'mse' && inputs <= 4096 && outputs <= 1024)
    return { task: { name: 'teacher', inputs, outputs }, lost: ['its targets: a random teacher network gives others'] };
  return {
    task: { name: 'digits8' },
    lost: [`its ${inputs} inputs and ${outputs} outputs: the data are digits of 8 × 8 pixels`],
  };
}
