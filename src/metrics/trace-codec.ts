/**
 * A trace as bytes, reduced to what a reader of a sweep looks at. Little-endian, in this order:
 *
 *     u32  magic, version        u32  gradient layers          u32  weight layers
 *     u32  kept iterations n     u32  layer records m          u32  evaluations t
 *     u32  ending (low byte: index in ENDINGS, bit 8: stopped by its policy)
 *     u32  iteration of the first non-finite value, u32 bytes of its tensor's name (0: none)
 *     u32  columns that are one value throughout, as bits      u32  layers of each series of LAYER_SERIES; not in version 1
 *     u32  spectra s of an evaluation, u32 bytes of their matrices' names; from version 3 on
 *     name, padded with zeros to four bytes; names of the matrices, one a line, likewise
 *     f32  per column of COLUMNS n values, or the one
 *     f32  m times: iteration, the series of LAYER_SERIES
 *     f32  t times: iteration, loss, accuracy, s times spectral radius and largest singular value
 *
 * Numbers keep their bits, so NaN and ±Infinity stay. Iterations are below 2^24 and thus exact in float32.
 */
import { DataError } from '../model/errors.ts';
import { ENDINGS, type ScalarName, type Spectrum } from './block.ts';
import { decimate } from './decimate.ts';
import { LAYER_SERIES, type LayerShape, layerShape, layerWords, splitLayers } from './layer-series.ts';
import { type LayerRecord, type TestRecord, Trace } from './trace.ts';

/** "NT" and the version of the layout: the first knew gradients alone, the second no sequences, the third no histograms. */
const MAGIC = 0x544e_0004;
const HEADER_WORDS_1 = 10;
const LATEST = { series: LAYER_SERIES.length, hasSpectra: true } as const;
/** How many series of LAYER_SERIES each version names in its header, and whether it knows spectra. */
const VERSIONS = new Map([
  [0x544e_0001, { series: 0, hasSpectra: false }],
  [0x544e_0002, { series: LAYER_SERIES.indexOf('log2Dh'), hasSpectra: false }],
  [0x544e_0003, { series: LAYER_SERIES.indexOf('histogram'), hasSpectra: true }],
  [MAGIC, LATEST],
]);
const headerWords = ({ series, hasSpectra }: { readonly series: number; readonly hasSpectra: boolean }) =>
  HEADER_WORDS_1 + series + (hasSpectra ? 2 : 0);
const HEADER_WORDS = headerWords(LATEST);

/**
 * Stored series in the order of the layout, which does not follow the device's: traces of older versions stay readable. `active` is
 * 1 in every record, and `ended` 0 in all but the last: they are not stored.
 */
const COLUMNS = [
  'iteration',
  'loss',
  'accuracy',
  'log2GradientNorm',
  'clipCoefficient',
  'log2WeightNorm',
  'log2UpdateNorm',
  'nonFinite',
  'firstNonFinite',
  'learningRate',
  'log2LossScale',
] as const satisfies readonly ScalarName[];
/** Of the first version. */
const COLUMNS_1 = COLUMNS.slice(0, COLUMNS.indexOf('learningRate'));
/** A series that is missing above does not compile here. */
const ABSENT: Readonly<Record<Exclude<ScalarName, (typeof COLUMNS)[number]>, number>> = { active: 1, ended: 0 };

export interface TraceLimits {
  /** Iterations kept at most, 64 or more: extremes and the last of equal stretches, and always the first and the last. */
  readonly points?: number;
  /** Layer records kept at most: the first, the last, and evenly spaced ones between. By default fewer where they are long. */
  readonly layers?: number;
}

export const DEFAULT_POINTS = 2048;
export const DEFAULT_LAYERS = 64;
/** Numbers of all kept records together, by default: one of a long sequence has thousands. */
const MOST_NUMBERS = 2 ** 17;
/** One stretch alone may need this many: four landmarks of either series, what parts them, the ends. */
const FEWEST_POINTS = 64;

/** The same trace and limits give the same bytes. */
export function encodeTrace(
  trace: Trace,
  { points = DEFAULT_POINTS, layers = usualLayers(trace) }: TraceLimits = {},
): Uint8Array {
  const kept = keptIterations(trace, Math.max(FEWEST_POINTS, points));
  const columns = COLUMNS.map((name) => {
    const values = trace.scalars[name].view();
    return Float32Array.from(kept, (i) => values[i]);
  });
  const isConstant = columns.map((values) => values.every((value) => Object.is(value, values[0])));
  const records = evenly(trace.layers, layers);
  const numbers = [
    ...columns.map((values, c) => (isConstant[c] ? values.subarray(0, 1) : values)),
    ...records.flatMap((record) => [Float32Array.of(record.iteration), ...LAYER_SERIES.map((name) => record[name])]),
    ...trace.tests.map(({ iteration, loss, accuracy, spectra }) =>
      Float32Array.of(iteration, loss, accuracy, ...spectra.flatMap(({ radius, sigma }) => [radius, sigma])),
    ),
  ];
  const name = new TextEncoder().encode(trace.firstNonFinite?.tensor ?? '');
  const matrices = (trace.tests[0]?.spectra ?? []).map(({ matrix }) => matrix);
  const matrixNames = new TextEncoder().encode(matrices.join('\n'));
  const header = Uint32Array.of(
    MAGIC,
    trace.shape.log2Dz,
    trace.shape.log2Dw,
    kept.length,
    records.length,
    trace.tests.length,
    ENDINGS.indexOf(trace.ended),
    trace.firstNonFinite?.iteration ?? 0,
    name.length,
    isConstant.reduce((bits, constant, c) => bits | (constant ? 1 << c : 0), 0),
    ...LAYER_SERIES.map((name) => trace.shape[name]),
    matrices.length,
    matrixNames.length,
  );
  const behindName = 4 * (HEADER_WORDS + Math.ceil(name.length / 4));
  const start = behindName + 4 * Math.ceil(matrixNames.length / 4);
  const bytes = new Uint8Array(start + 4 * numbers.reduce((sum, { length }) => sum + length, 0));
  bytes.set(new Uint8Array(header.buffer));
  bytes.set(name, 4 * HEADER_WORDS);
  bytes.set(matrixNames, behindName);
  const floats = new Float32Array(bytes.buffer, start);
  let at = 0;
  for (const part of numbers) {
    floats.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * The trace that was encoded, with the iterations that were kept.
 *
 * @param measured names of the measured tensors, for the series `firstNonFinite`; the first non-finite tensor has its name anyway
 * @throws DataError for bytes that are no trace, of another version, or too few
 */
export function decodeTrace(bytes: Uint8Array, measured: readonly string[] = []): Trace {
  const wrong = (problem: string) => new DataError('trace', problem);
  if (bytes.length < 4 * HEADER_WORDS_1 || bytes.length % 4 !== 0) throw wrong(`${bytes.length} bytes are no encoded trace`);
  // A copy begins at a multiple of four bytes, wherever the given view does.
  const { buffer } = bytes.slice();
  const header = new Uint32Array(buffer, 0, Math.min(HEADER_WORDS, bytes.length / 4));
  const [magic, gradientLayers, weightLayers, n, records, tests, ending, nonFiniteAt, nameLength, constant, ...lengthsOf] =
    header;
  const version = VERSIONS.get(magic);
  if (version === undefined) throw wrong('it is no encoded trace, or was written by another version');
  const { series: known, hasSpectra } = version;
  const isFirst = known === 0;
  const shape = isFirst
    ? layerShape(gradientLayers, weightLayers, 0)
    : (Object.fromEntries(LAYER_SERIES.map((name, k) => [name, k < known ? (lengthsOf[k] ?? 0) : 0])) as LayerShape);
  const [spectra, matrixBytes] = hasSpectra ? lengthsOf.slice(known) : [0, 0];
  const nameAt = 4 * headerWords(version);
  const behindName = nameAt + 4 * Math.ceil(nameLength / 4);
  const start = behindName + 4 * Math.ceil(matrixBytes / 4);
  const columnNames = isFirst ? COLUMNS_1 : COLUMNS;
  const lengths = columnNames.map((_, c) => (constant & (1 << c) ? Math.min(1, n) : n));
  const width = 1 + layerWords(shape);
  const words = lengths.reduce((sum, length) => sum + length, 0) + records * width + (3 + 2 * spectra) * tests;
  if (bytes.length !== start + 4 * words) throw wrong(`it has ${bytes.length} bytes instead of ${start + 4 * words}`);
  const floats = new Float32Array(buffer, start);
  let at = 0;
  const take = (length: number) => {
    at += length;
    return floats.slice(at - length, at);
  };
  const trace = new Trace(measured, shape);
  const columns = [
    ...columnNames.map((name, c) => [name, take(lengths[c])] as const),
    ...(!isFirst
      ? []
      : ([
          ['learningRate', Float32Array.of(Number.NaN)],
          ['log2LossScale', Float32Array.of(0)],
        ] as const)),
    ['active', Float32Array.of(ABSENT.active)] as const,
    ['ended', Float32Array.of(ABSENT.ended)] as const,
  ];
  for (const [name, values] of columns) {
    for (let i = 0; i < n; i++) trace.scalars[name].push(values[values.length === n ? i : 0]);
  }
  for (let k = 0; k < records; k++) {
    const [iteration] = take(1);
    trace.layers.push({ iteration, ...splitLayers(take(layerWords(shape)), shape) });
  }
  const matrices = spectra === 0 ? [] : textOf(bytes, behindName, matrixBytes).split('\n');
  for (let k = 0; k < tests; k++) {
    const [iteration, loss, accuracy] = take(3);
    const spectraOf = matrices.map((matrix): Spectrum => {
      const [radius, sigma] = take(2);
      return { matrix, radius, sigma };
    });
    trace.tests.push({ iteration, loss, accuracy, spectra: spectraOf } satisfies TestRecord);
  }
  const name = textOf(bytes, nameAt, nameLength);
  trace.firstNonFinite = name === '' ? undefined : { iteration: nonFiniteAt, tensor: name };
  trace.ended = ENDINGS[ending] ?? 'training';
  if (n > 0) trace.scalars.ended.truncate(n - 1);
  if (n > 0) trace.scalars.ended.push(ending);
  return trace;
}

function textOf(bytes: Uint8Array, start: number, length: number): string {
  return new TextDecoder().decode(bytes.subarray(start, start + length));
}

/** Layer records kept where nothing is said: at least the first and the last. */
function usualLayers({ shape }: Trace): number {
  return Math.max(2, Math.min(DEFAULT_LAYERS, Math.floor(MOST_NUMBERS / Math.max(1, layerWords(shape)))));
}

/** Ascending indices of the iterations to keep, at most `most`. */
function keptIterations({ length, scalars }: Trace, most: number): number[] {
  if (length <= most) return Array.from({ length }, (_, i) => i);
  const columns = [scalars.loss.view(), scalars.log2GradientNorm.view()];
  // Smallest, largest and last of either series are about five iterations of a stretch.
  for (let stretches = Math.ceil(most / 5); ; ) {
    const kept = decimate(columns, edgesOf(length, stretches));
    if (kept.length <= most || stretches === 1) return kept;
    stretches = Math.max(1, Math.min(stretches - 1, Math.floor((stretches * most) / kept.length)));
  }
}

/** Borders of stretches of equal length, and one each for the first and the last iteration, which are kept like that. */
function edgesOf(length: number, stretches: number): number[] {
  const inner = Array.from({ length: stretches + 1 }, (_, k) => 1 + Math.round((k * (length - 2)) / stretches));
  return [0, ...inner, length];
}

/** At most `most` records: the first, the last, and evenly spaced ones between. */
function evenly(records: readonly LayerRecord[], most: number): readonly LayerRecord[] {
  const n = records.length;
  if (n <= most) return records;
  if (most < 2) return records.slice(n - most);
  return Array.from({ length: most }, (_, k) => records[Math.round((k * (n - 1)) / (most - 1))]);
}
