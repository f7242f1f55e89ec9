/** Where batches come from: the data on the device, and the step that draws a batch from it. */
import { type Builder, step, tiles } from './builder.ts';
import { type AnyStep, ceilTo } from './plan.ts';
import { sequenceWords } from './records.ts';

/** Examples in each split; of a text characters; of generated sequences 0 for training, where none comes twice. */
interface Sizes {
  readonly train: number;
  readonly test: number;
}

/** Batches drawn on the device, or one batch given by the host. */
export type Source =
  | { readonly kind: 'given' }
  | ({ readonly kind: 'drawn' } & Sizes)
  /** Sequences of up to so many frames, stored example by example. */
  | ({ readonly kind: 'frames'; readonly frames: number } & Sizes)
  /** Windows of a text. */
  | ({ readonly kind: 'text' } & Sizes)
  /** Sequences made up on the device; `task` is the constant TASK, `bits` of delayed parity. */
  | ({ readonly kind: 'generated'; readonly task: number; readonly bits: number } & Sizes);

export const SPLITS = ['train', 'test'] as const;
export type SplitName = (typeof SPLITS)[number];

/** Reserves both splits: `train.x`, `train.label` and what else the kind has. */
export function reserveSource({ memory, placement }: Builder, source: Source): void {
  if (source.kind === 'given' || source.kind === 'generated') return;
  const { deepest } = placement;
  for (const split of SPLITS) {
    const n = source[split];
    const matrix = (name: string, columns: number) =>
      memory.tensor(name, { name, replicas: 1, rows: n, columns, rowStride: ceilTo(columns, 4) });
    const column = (name: string) => memory.tensor(name, { name, type: 'u32', replicas: 1, rows: n, columns: 1 });
    if (source.kind === 'text') {
      column(`${split}.codes`);
      continue;
    }
    matrix(`${split}.x`, source.kind === 'frames' ? source.frames * deepest.inputs : deepest.inputs);
    column(`${split}.label`);
    if (source.kind === 'frames') column(`${split}.lengths`);
    else if (deepest.loss === 'mse') matrix(`${split}.target`, deepest.outputs);
  }
}

/** Draws a batch for training, or the next one of the held-out split. */
export function drawStep(builder: Builder, source: Exclude<Source, { kind: 'given' }>, split: SplitName): AnyStep {
  return source.kind === 'drawn' ? drawExamples(builder, source[split], split) : drawSequences(builder, source, split);
}

function drawExamples(builder: Builder, n: number, split: SplitName): AnyStep {
  const { memory, replicas: R, batchSize: B } = builder;
  const network = builder.placement.deepest;
  const regression = network.loss === 'mse';
  return step(
    'draw_batch',
    `batch of ${split}`,
    { N: n, B, I: network.inputs, C: network.outputs, TARGETS: Number(regression), SEQUENTIAL: Number(split === 'test') },
    {
      data: builder.tensor(`${split}.x`),
      labels: builder.tensor(`${split}.label`),
      targets: regression ? builder.tensor(`${split}.target`) : memory.absent('read', 2),
      hyper: builder.tensor('hyper'),
      status: builder.tensor('status'),
      x: builder.tensor(network.input),
      label: builder.tensor('label'),
      target_rows: regression ? builder.tensor('target') : memory.absent('read_write', 7),
    },
    [Math.max(tiles(network.inputs), tiles(network.outputs)), B, R],
  );
}

type SequenceSource = Exclude<Source, { kind: 'given' | 'drawn' }>;

function drawSequences(builder: Builder, source: SequenceSource, split: SplitName): AnyStep {
  const { memory, replicas: R, batchSize: B } = builder;
  const network = builder.placement.deepest;
  const T = network.sequence?.steps ?? 1;
  const constants = {
    N: source[split],
    B,
    T,
    I: network.inputs,
    EVERY: Number(network.sequence?.readout === 'every'),
    SEQUENTIAL: Number(split === 'test'),
    SEQ: sequenceWords(B),
  };
  const drawn = {
    hyper: builder.tensor('hyper'),
    status: builder.tensor('status'),
    x: builder.tensor(network.input),
    label: builder.tensor('label'),
    sequence: builder.tensor('sequence'),
  };
  const grid = [4 * tiles(B) * tiles(network.inputs), T, R] as const;
  const label = `sequences of ${split}`;
  switch (source.kind) {
    case 'frames': {
      const data = {
        data: builder.tensor(`${split}.x`),
        labels: builder.tensor(`${split}.label`),
        lengths: builder.tensor(`${split}.lengths`),
      };
      return step('draw_frames', label, { ...constants, FRAMES: source.frames }, { ...data, ...drawn }, grid);
    }
    case 'text':
      return step('draw_text', label, constants, { codes: builder.tensor(`${split}.codes`), ...drawn }, grid);
    case 'generated': {
      const target_rows = network.loss === 'mse' ? builder.tensor('target') : memory.absent('read_write', 4);
      const chosen = { ...constants, TASK: source.task, BITS: source.bits };
      return step('draw_generated', label, chosen, { ...drawn, target_rows }, grid);
    }
  }
}
