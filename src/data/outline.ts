/** Shapes and counts of each task's data, without the data: what a plan can be built from before anything is loaded. */
import type { Task } from '../model/schema.ts';
import type { Dataset, Sequences } from './dataset.ts';

/** The part of a data set that a plan depends on. */
export interface DatasetOutline extends Pick<Dataset, 'inputs' | 'outputs'> {
  readonly sequence?: Pick<Sequences, 'kind' | 'steps'>;
  readonly train: { readonly n: number };
  readonly test: { readonly n: number };
}

const outline = (inputs: number, outputs: number, train: number, test: number, sequence?: DatasetOutline['sequence']) => ({
  inputs,
  outputs,
  train: { n: train },
  test: { n: test },
  ...(sequence && { sequence }),
});
const frames = (steps: number) => ({ kind: 'frames', steps }) as const;
const generated = { kind: 'generated', steps: 10_000 } as const;
const text = { kind: 'text', steps: 10_000 } as const;

/** As `loadDataset` would find it. */
export function outlineOf(task: Task): DatasetOutline {
  switch (task.name) {
    case 'digits8':
      return outline(64, 10, 1415, 382);
    case 'mnist':
      return outline(784, 10, 10_000, 10_000);
    case 'breast_cancer':
      return outline(30, 2, 456, 113);
    case 'wine':
      return outline(13, 3, 142, 36);
    case 'teacher':
      return outline(task.inputs, task.outputs, task.examples, Math.ceil(task.examples / 4));
    case 'adding':
      return outline(2, 1, 0, 1000, generated);
    case 'copy_memory':
      return outline(10, 9, 0, 1000, generated);
    case 'temporal_order':
      return outline(6, 4, 0, 1000, generated);
    case 'delayed_parity':
      return outline(2, 2, 0, 1000, generated);
    case 'digits8_pixels':
      return outline(1, 10, 1415, 382, frames(64));
    case 'mnist_pixels':
      return outline(1, 10, 10_000, 10_000, frames(784));
    case 'spoken_digits':
      return outline(40, 10, 2380, 840, frames(64));
    case 'austen':
      return outline(74, 74, 614_222, 68_021, text);
    default:
      return task satisfies never;
  }
}
