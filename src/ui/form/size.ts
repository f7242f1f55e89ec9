/** Whether runs are so small that no device could refuse them, judged without building anything. */
import type { Experiment } from '../../model/schema.ts';
import { isSequenceTask } from '../../model/task-schema.ts';

/** What every device can hold, in one binding even: WebGPU’s default maxStorageBufferBindingSize. */
const SMALL_BYTES = 2 ** 27;
/** Weights have gradients and moments beside them; outputs have gradients, and there are several to a layer. */
const COPIES = 12;
const WORD = 4;

/** An upper guess of the bytes that a run needs. */
function roughBytes({ model, task, batchSize }: Experiment): number {
  const steps = isSequenceTask(task) ? task.length : 1;
  const data = task.name === 'teacher' ? task.inputs * task.examples : 0;
  const [layers, units] =
    model.kind === 'mlp'
      ? [model.depth, model.width]
      : model.kind === 'residual_mlp'
        ? [2 * model.blocks, Math.max(model.width, model.inner)]
        : [8 * model.layers, model.hidden];
  return WORD * (COPIES * (layers * units * units + batchSize * steps * layers * units) + 2 * data);
}

export function areSmall(experiments: readonly Experiment[]): boolean {
  return experiments.reduce((sum, experiment) => sum + roughBytes(experiment), 0) < SMALL_BYTES;
}
