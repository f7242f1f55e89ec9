/** Per-replica records as words, by the names of src/plan/records.ts. */
import { floatBits, wordsOf, writePair } from '../../src/math/norm-pair.ts';
import {
  CONTROL,
  CONTROL_WORDS,
  HYPER,
  HYPER_WORDS,
  NORM_WORDS,
  SEQUENCE,
  SHAPE,
  SHAPE_WORDS,
  STATUS,
  STATUS_WORDS,
  sequenceWords,
} from '../../src/plan/records.ts';

const HYPER_INTEGERS: readonly string[] = [
  'clip_rule',
  'policy',
  'seed',
  'iterations',
  'stop_plateau',
  'stop_weights',
  'schedule',
  'warmup',
  'schedule_period',
  'loss_growth',
];
const CONTROL_FLOATS: readonly string[] = [
  'scale',
  'log2_norm',
  'coefficient',
  'loss',
  'accuracy',
  'correction1',
  'correction2',
  'smoothed',
  'best',
  'first_loss',
  'learning_rate',
];

export type HyperFields = Partial<Record<keyof typeof HYPER, number>>;
export type StatusFields = Partial<Record<keyof typeof STATUS, number>>;
export type ControlFields = Partial<Record<keyof typeof CONTROL, number>>;

function words(
  list: readonly Readonly<Record<string, number>>[],
  offsets: Readonly<Record<string, number>>,
  width: number,
  isInteger: (name: string) => boolean,
): Uint32Array {
  const out = new Uint32Array(list.length * width);
  list.forEach((fields, r) => {
    for (const [name, value] of Object.entries(fields))
      out[r * width + offsets[name]] = isInteger(name) ? value : floatBits(value);
  });
  return out;
}

/** (R, HYPER_WORDS); fields left out are 0. */
export function hyperOf(list: readonly HyperFields[]): Uint32Array {
  return words(list, HYPER, HYPER_WORDS, (name) => HYPER_INTEGERS.includes(name));
}
/** (R, STATUS_WORDS); fields left out are 0. */
export function statusOf(list: readonly StatusFields[]): Uint32Array {
  return words(list, STATUS, STATUS_WORDS, () => true);
}
/** (R, CONTROL_WORDS); fields left out are 0. */
export function controlOf(list: readonly ControlFields[]): Uint32Array {
  return words(list, CONTROL, CONTROL_WORDS, (name) => !CONTROL_FLOATS.includes(name));
}

/** One replica's control record with its fields decoded. */
export function decodeControl(control: Uint32Array, r: number): Record<keyof typeof CONTROL, number> {
  const floats = new Float32Array(control.buffer, control.byteOffset, control.length);
  return Object.fromEntries(
    Object.entries(CONTROL).map(([name, word]) => [
      name,
      (CONTROL_FLOATS.includes(name) ? floats : control)[r * CONTROL_WORDS + word],
    ]),
  ) as Record<keyof typeof CONTROL, number>;
}

/** The norm pair of some numbers. */
export function pairOf(...values: number[]): [number, number] {
  const out = new Uint32Array(2);
  writePair(wordsOf(Float32Array.from(values)), 0, 1, values.length, 0, out, 0);
  return [out[0], out[1]];
}

/** The norm, as a kernel measures it, of a few numbers. */
export function normOf(...values: number[]): number[] {
  return [...pairOf(...values), ...new Array<number>(NORM_WORDS - 2).fill(0)];
}

/** (R, SHAPE_WORDS): replicas of these counts one after another, their layer records and maps too. */
export function shapesOf(list: readonly { z: number; d: number; g: number; layers?: number; map?: number }[]): Uint32Array {
  const out = new Uint32Array(list.length * SHAPE_WORDS);
  let [norms, weights, words] = [0, 0, 0];
  list.forEach(({ z, d, g, layers = 0, map = 0 }, r) => {
    const fields = { z, d, g, norms, weights, layers: words, layer_count: layers, layer_map: map };
    for (const [name, value] of Object.entries(fields)) out[r * SHAPE_WORDS + SHAPE[name as keyof typeof SHAPE]] = value;
    norms += z + d + g;
    weights += 2 * g;
    words += layers;
  });
  return out;
}

/** What a replica's record of sequences says; a clock left out is 0. */
export interface SequenceFields {
  readonly walk: number;
  readonly steps: number;
  readonly clock?: number;
  /** Of each example. */
  readonly lengths: readonly number[];
}

/** (R, sequenceWords(B)). */
export function sequencesOf(list: readonly SequenceFields[]): Uint32Array {
  const stride = sequenceWords(list[0].lengths.length);
  const out = new Uint32Array(list.length * stride);
  list.forEach(({ walk, steps, clock = 0, lengths }, r) => {
    for (const [field, value] of Object.entries({ walk, steps, clock })) {
      out[r * stride + SEQUENCE[field as keyof typeof SEQUENCE]] = value;
    }
    out.set(lengths, r * stride + SEQUENCE.lengths);
  });
  return out;
}
