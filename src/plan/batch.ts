/** The batch of an iteration: where its examples come from, what is lost on them, and the records of the replicas. */

import type { PlanRequest } from './build.ts';
import { type Builder, step } from './builder.ts';
import { reserveSource } from './draw.ts';
import type { Tables } from './measure.ts';
import { lengthsOf } from './placement.ts';
import { type AnyStep, ceilTo, type Range } from './plan.ts';
import { CONTROL_WORDS, HYPER_WORDS, SEQUENCE, SHAPE_WORDS, STATUS, STATUS_WORDS, sequenceWords } from './records.ts';

export function reserveRecords(builder: Builder, { source }: PlanRequest, tables: Tables): void {
  const { memory, replicas: R } = builder;
  const network = builder.placement.deepest;
  const regression = network.loss === 'mse';
  const rows = builder.outputRows;
  builder.activation('batch', network.input, network.inputs, network.input, { steps: network.sequence?.steps });
  memory.tensor('batch', { name: 'label', type: 'u32', replicas: R, rows: 1, columns: rows, rowStride: ceilTo(rows, 4) });
  if (regression) memory.activation('batch', 'target', R, rows, network.outputs);
  memory.tensor('rows', { name: 'rows', replicas: R, rows, columns: 2, replicaStride: 2 * ceilTo(rows, 4) });
  if (network.sequence) reserveSequence(builder, tables);
  reserveSource(builder, source);
  memory.tensor('hyper', { name: 'hyper', replicas: R, rows: 1, columns: HYPER_WORDS });
  memory.tensor('status', { name: 'status', type: 'u32', replicas: R, rows: 1, columns: STATUS_WORDS });
  memory.tensor('shapes', { name: 'shapes', type: 'u32', replicas: R, rows: 1, columns: SHAPE_WORDS });
  memory.tensor('control', { name: 'control', type: 'u32', replicas: R, rows: 1, columns: CONTROL_WORDS });
  memory.tensor('evaluation', { name: 'evaluation', replicas: R, rows: 1, columns: 4 });
  if (source.kind === 'given') {
    // No step draws batches, which is what decides who takes part.
    const present = new Uint32Array(R * STATUS_WORDS);
    for (let r = 0; r < R; r++) present[r * STATUS_WORDS + STATUS.present] = 1;
    tables.set('status', present);
  }
}

/** The record of each replica's sequences: all as long as the replica's own length until a batch is drawn. */
function reserveSequence({ memory, placement, batchSize: B }: Builder, tables: Tables): void {
  const words = sequenceWords(B);
  const lengths = lengthsOf(placement);
  const record = new Uint32Array(lengths.length * words);
  for (const [r, length] of lengths.entries()) {
    record[r * words + SEQUENCE.walk] = length;
    record[r * words + SEQUENCE.steps] = length;
    record.fill(length, r * words + SEQUENCE.lengths, r * words + SEQUENCE.lengths + B);
  }
  tables.set('sequence', record);
  memory.tensor('sequence', { name: 'sequence', type: 'u32', replicas: lengths.length, rows: 1, columns: words });
}

/** The binding of `sequence`, absent where examples are no sequences. */
function sequenceOf({ memory, placement }: Builder, position: number): Range {
  return placement.deepest.sequence ? (memory.tensors.get('sequence') as Range) : memory.absent('read', position);
}

export function lossStep(builder: Builder): AnyStep {
  const { replicas: R, batchSize: B } = builder;
  const network = builder.placement.deepest;
  const position = network.loss === 'cross_entropy' ? 5 : 6;
  const gradient = builder.tensor(`d${network.output}`);
  const { range, at } = builder.ranges.bind(position, { Z_AT: network.output, DZ_AT: gradient.name, ROWS_AT: 'rows' });
  const rows = builder.outputRows;
  const isEvery = network.sequence?.readout === 'every';
  const constants = { B: rows, C: network.outputs, BATCH: B, EVERY: Number(isEvery), SEQ: sequenceWords(B), ...at };
  const bindings = {
    z: builder.tensor(network.output),
    label: builder.tensor('label'),
    dz: gradient,
    rows: builder.tensor('rows'),
    status: builder.tensor('status'),
    range,
    sequence: sequenceOf(builder, position + 1),
  };
  const grid = [ceilTo(rows, 4), R, 1] as const;
  return network.loss === 'cross_entropy'
    ? step('softmax_cross_entropy', 'loss', constants, bindings, grid)
    : step('mean_squared_error', 'loss', constants, { ...bindings, target_values: builder.tensor('target') }, grid);
}

export function evaluationStep(builder: Builder): AnyStep {
  const { replicas: R, outputRows: B } = builder;
  const { range, at } = builder.ranges.bindRead(3, { ROWS_AT: 'rows' });
  const bindings = {
    rows: builder.tensor('rows'),
    status: builder.tensor('status'),
    evaluation: builder.tensor('evaluation'),
    range,
  };
  return step('record_evaluation', 'evaluation', { R, B, ...at }, bindings, [R, 1, 1]);
}
