/** What a run's growth is fitted over: gradients of one layer after another, or of a recurrent network of one step after another. */
import type { Experiment } from '../model/schema.ts';
import type { LayerRecord, Trace } from './trace.ts';

/** Values of a series that follow each other from the input side on. */
export interface Stack {
  readonly series: 'log2Dz' | 'log2Dh';
  readonly unit: 'layer' | 'step';
  /** Index of the first in the series, and how many. */
  readonly first: number;
  readonly count: number;
}

/** The layers of an MLP but the last, all of a residual network, or all steps of the last recurrent layer. */
export function stackOf({ shape }: Pick<Trace, 'shape'>, { model }: Experiment): Stack {
  if (model.kind === 'recurrent') {
    const count = shape.log2Dh / model.layers;
    return { series: 'log2Dh', unit: 'step', first: shape.log2Dh - count, count };
  }
  return { series: 'log2Dz', unit: 'layer', first: 0, count: model.kind === 'mlp' ? model.depth : shape.log2Dz };
}

/** log2 norms of a record, input side or first step first. */
export function stackValues(record: LayerRecord, { series, first, count }: Stack): Float32Array {
  return record[series].subarray(first, first + count);
}
