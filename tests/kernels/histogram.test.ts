import { describe, expect, test } from 'vitest';
import { binStart, countOf, type Histogram, histogramsOf } from '../../src/metrics/histogram.ts';
import { BINS, HISTOGRAM_WORDS, OCTAVES } from '../../src/metrics/layer-series.ts';
import { MATRIX_WORDS } from '../../src/plan/histograms.ts';
import { NORM_WORDS, SHAPE_WORDS, STATUS_WORDS } from '../../src/plan/records.ts';
import { type StatusFields, shapesOf, statusOf } from '../support/records.ts';
import { flat, random, reads, runKernel, title, updates, useEngines } from '../support/run-kernel.ts';

const engines = useEngines();
const inf = Number.POSITIVE_INFINITY;
/** Words of a replica's record in front of its histograms. */
const BEFORE = 5;
const DIRTY = 0x3f8ccccd;
const four = (n: number) => Math.ceil(n / 4) * 4;

interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly blocks?: number;
  /** Row by row, without padding. */
  readonly values: ArrayLike<number>;
  /** By which the values are to be multiplied, as a power of two. */
  readonly exponent?: number;
}

/** Runs it on replicas that have the same number of matrices, compares GPU and twin word by word, and returns every record. */
async function histograms(replicas: readonly (readonly Matrix[])[], status: readonly StatusFields[], every = 1, slots = 1) {
  const [R, L] = [replicas.length, replicas[0].length];
  const words: number[] = [];
  const table: number[] = [];
  const norms: number[] = [];
  // NaN in the padding, which must not be counted.
  for (const [r, matrices] of replicas.entries()) {
    for (const [l, { rows, columns, blocks = 1, values, exponent = 0 }] of matrices.entries()) {
      const width = columns / blocks;
      const stride = four(width) * blocks;
      table.push(words.length, rows, columns, stride, width, norms.length / NORM_WORDS, r, l);
      norms.push(1, 2, exponent >>> 0, 3);
      const floats = new Float32Array(four(rows) * stride).fill(Number.NaN);
      for (let k = 0; k < rows * columns; k++) {
        const o = k % columns;
        floats[Math.floor(k / columns) * stride + Math.floor(o / width) * four(width) + (o % width)] = values[k];
      }
      words.push(...new Uint32Array(floats.buffer));
    }
  }
  const own = BEFORE + L * HISTOGRAM_WORDS;
  const shapes = shapesOf(replicas.map(() => ({ z: 1, d: 1, g: 1, layers: BEFORE })));
  for (let r = 0; r < R; r++) shapes[r * SHAPE_WORDS + 5] = r * own;
  const result = await runKernel(engines(), 'gradient_histogram', {
    constants: { MATRICES: R * L, LAYER_WORDS: R * own, EVERY: every, SLOTS: slots },
    grid: [256 * R * L, 1, 1],
    buffers: R === 1 ? 'one' : 'several',
    operands: {
      dW: reads(flat(words.length), Uint32Array.from(words)),
      matrices: reads(flat(R * L, MATRIX_WORDS), Uint32Array.from(table)),
      norms: reads(flat(R * L, NORM_WORDS), Uint32Array.from(norms)),
      status: reads(flat(R, STATUS_WORDS), statusOf(status)),
      shapes: reads(flat(R, SHAPE_WORDS), shapes),
      layers: updates(flat(slots, R, own), new Uint32Array(slots * R * own).fill(DIRTY)),
    },
  });
  result.compare('layers', 0);
  return Array.from({ length: slots }, (_, s) =>
    replicas.map((_, r) => {
      const record = result.gpu.layers.slice((s * R + r) * own, (s * R + r + 1) * own);
      // What record_iteration writes stays.
      expect([...record.slice(0, BEFORE)]).toEqual(new Array(BEFORE).fill(DIRTY));
      const isUntouched = record.every((word) => word === DIRTY);
      return isUntouched ? undefined : histogramsOf(new Float32Array(record.slice(BEFORE).buffer));
    }),
  );
}

/** The same by logarithms in double precision, of numbers that are multiplied by 2^exponent. */
function counted(values: ArrayLike<number>, exponent = 0): Histogram {
  const list = Array.from(values);
  const origin = 2 * Math.floor(exponent / 2) - 150;
  const bins = new Float32Array(BINS);
  for (const x of list)
    if (x !== 0 && Number.isFinite(x)) bins[Math.floor((Math.floor(Math.log2(Math.abs(x))) + exponent - origin) / OCTAVES)]++;
  const zeros = list.filter((x) => x === 0).length;
  const nans = list.filter((x) => Number.isNaN(x)).length;
  return { origin, zeros, nans, infinities: list.filter((x) => Math.abs(x) === inf).length, bins };
}

const PRESENT: StatusFields = { present: 1 };
/** Of every exponent that float32 has, subnormal numbers included; some are 0, NaN or ±Inf. */
const spread = (stream: number, n: number) =>
  Float32Array.from(random(stream, n), (x, k) => {
    if (k % 11 === 3) return [0, -0, inf, -inf, Number.NaN][(k + stream) % 5];
    // Away from powers of two, whose logarithm in double precision may fall on either side.
    return Math.sign(x) * 1.25 * 2 ** (((k * 37 + stream) % 276) - 149);
  });

describe('gradient_histogram', () => {
  // 256 invocations share a matrix.
  for (const [R, L, rows, columns, blocks] of [
    [1, 1, 1, 1, 1],
    [1, 2, 2, 2, 1],
    [3, 1, 15, 17, 1],
    [1, 1, 16, 16, 1],
    [3, 3, 257, 1, 1],
    [1, 1, 773, 5, 1],
    [3, 2, 7, 12, 4],
    [1, 1, 5, 9, 3],
  ]) {
    test(title('gradient_histogram', { R, L, rows, columns, blocks }), async () => {
      const matrices = Array.from({ length: R }, (_, r) =>
        Array.from({ length: L }, (_, l) => ({ rows, columns, blocks, values: spread(1 + r * L + l, rows * columns) })),
      );
      const [records] = await histograms(
        matrices,
        matrices.map(() => PRESENT),
      );
      expect(records).toEqual(matrices.map((own) => own.map(({ values }) => counted(values))));
      for (const own of records) for (const each of own ?? []) expect(countOf(each)).toBe(rows * columns);
    });
  }

  test('both sides of each border: the smallest subnormal, the largest number, every second power of two', async () => {
    const largest = (2 - 2 ** -23) * 2 ** 127;
    const below = (x: number) => x * (1 - 2 ** -24);
    const values = [2 ** -149, 2 ** -148, below(2 ** -126), 2 ** -126, below(1), 1, below(4), -4, largest, -0, inf, Number.NaN];
    const [[record]] = await histograms([[{ rows: 3, columns: 4, values }]], [PRESENT]);
    const [{ bins, ...others }] = record ?? [];
    const at = (log2: number) => bins[(log2 + 150) / OCTAVES];
    // 2^-149 is alone in the first bin, 2^-150 to 2^-148; below 2^-126 rounds to 2^-126 as a float32.
    expect([at(-150), at(-148), at(-126), at(-2), at(0), at(2), at(126)]).toEqual([1, 1, 2, 1, 2, 1, 1]);
    expect(others).toEqual({ origin: -150, zeros: 1, nans: 1, infinities: 1 });
  });

  test.each([2, 3, -1, -2, -3, 3001, -3002])('numbers that are to be multiplied by 2^%i', async (exponent) => {
    const values = spread(4, 300);
    const [[record]] = await histograms([[{ rows: 15, columns: 20, values, exponent }]], [PRESENT]);
    expect(record).toEqual([counted(values, exponent)]);
    const least = binStart(counted(values, exponent), 0);
    expect(Math.abs(least % 2)).toBe(0);
    expect([least, least + 1]).toContain(exponent - 150);
  });

  test('goes to the slot of its tick, where its own iteration is one that is recorded, of replicas that take part', async () => {
    const matrices = [1, 2, 3, 4].map((stream) => [{ rows: 2, columns: 3, values: spread(stream, 6) }]);
    const status = [
      { present: 1, iteration: 10, ticks: 12 },
      { present: 1, iteration: 11, ticks: 12 },
      { present: 0, iteration: 10, ticks: 12 },
      { present: 1, iteration: 5, ticks: 17 },
    ];
    const slots = await histograms(matrices, status, 5, 3);
    const written = slots.map((records) => records.map((record) => record !== undefined));
    // Floor of 12 and of 17 over 5, modulo 3.
    expect(written).toEqual([
      [false, false, false, true],
      [false, false, false, false],
      [true, false, false, false],
    ]);
  });
});
