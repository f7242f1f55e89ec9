import { describe, expect, test } from 'vitest';
import { bitsFloat } from '../../src/math/norm-pair.ts';
import { CURVES } from '../../src/model/activation.ts';
import type { Cell, CellActivation } from '../../src/model/recurrent-schema.ts';
import { ACTIVATIONS } from '../../src/model/schema.ts';
import { NORM_WORDS, SHAPE, SHAPE_WORDS, STATUS_WORDS, sequenceWords } from '../../src/plan/records.ts';
import { cachedOf, curveOf, gatesOf, rowsOf } from '../support/cells.ts';
import { isClose } from '../support/compare.ts';
import { type StatusFields, sequencesOf, shapesOf, statusOf } from '../support/records.ts';
import { flat, gated, random, reads, runKernel, title, updates, useEngines } from '../support/run-kernel.ts';
import { activationTolerance, COST, gamma, U } from '../support/tolerance.ts';

const engines = useEngines();
/** What lies in the norms before. */
const EARLIER = 12345;

interface Probe {
  readonly cell: Cell;
  readonly activation: CellActivation;
  readonly R: number;
  readonly B: number;
  readonly T: number;
  readonly H: number;
  readonly layer?: number;
  readonly every?: number;
  readonly status?: readonly StatusFields[];
  /** Changes the cache, in logical order: replica, step, row, block, unit. */
  readonly prepare?: (cache: Float32Array) => void;
  /** Default: from 1 to the replica's own. */
  readonly lengths?: (r: number, b: number) => number;
}

/** |z| from where |2 s(z) - 1| = tanh(z/2), or |tanh z|, exceeds 0.975. */
const THRESHOLD = { sigmoid: 2 * Math.atanh(0.975), tanh: Math.atanh(0.975), relu: 0, linear: Number.POSITIVE_INFINITY } as const;

/** z of a few units either side of a threshold, none within 0.02 of it: there the curves, whose errors are some u, have moved by more than 4e-4. */
function away(z: number, threshold: number): number {
  return Math.abs(Math.abs(z) - threshold) < 0.02 ? z + Math.sign(z) * 0.05 : z;
}

/** A replica's own length: the second is a step shorter. */
const ownOf = (T: number, r: number) => (r === 1 ? T - 1 : T);

/** Runs it, holds kernel and twin to the definition, and returns mean and share; undefined for what was left. */
async function probe(given: Probe) {
  const { cell, activation, R, B, T, H, layer = 0, every = 1, prepare } = given;
  const { lengths = (r, b) => 1 + ((b + r) % ownOf(T, r)) } = given;
  const status: readonly StatusFields[] = given.status ?? Array.from({ length: R }, () => ({ present: 1 }));
  const [G, C, B4] = [gatesOf(cell), cachedOf(cell), rowsOf(B)];
  const cache = random(1, R * T * B4 * C * H, 3).map((z, n) => {
    const g = Math.floor(n / H) % C;
    return g < G ? away(z, THRESHOLD[curveOf(cell, activation, g)]) : z;
  });
  prepare?.(cache);
  // Other norms of a replica lie in front: 2 pre-activations, 1 gradient, 3 parameters; behind them room for all layers' gates and one.
  const counts = Array.from({ length: R }, (_, r) => 6 + (layer + 1) * G * ownOf(T, r) + 1);
  const starts = counts.map((_, r) => counts.slice(0, r).reduce((a, b) => a + b, 0));
  const shapes = shapesOf(counts.map(() => ({ z: 2, d: 1, g: 3 })));
  starts.forEach((start, r) => {
    shapes[r * SHAPE_WORDS + SHAPE.norms] = start;
  });
  const total = counts.reduce((a, b) => a + b, 0);
  const record = Array.from({ length: R }, (_, r) => ({
    walk: ownOf(T, r),
    steps: ownOf(T, r),
    lengths: Array.from({ length: B }, (_, b) => lengths(r, b)),
  }));
  const { gpu, cpu } = await runKernel(engines(), 'gate_probe', {
    constants: {
      LAYER: layer,
      B,
      T,
      H,
      CELL: ['rnn', 'lstm', 'gru'].indexOf(cell),
      ACT: ACTIVATIONS.indexOf(activation),
      EVERY: every,
      SEQ: sequenceWords(B),
    },
    grid: [64 * T, G, R],
    buffers: R === 1 ? 'one' : 'several',
    operands: {
      cache: reads(gated(R, T * B4, C, H), cache),
      norms: updates(flat(total, NORM_WORDS), new Uint32Array(total * NORM_WORDS).fill(EARLIER)),
      status: reads(flat(R, STATUS_WORDS), statusOf(status)),
      shapes: reads(flat(R, SHAPE_WORDS), shapes),
      sequence: reads(flat(R, sequenceWords(B)), sequencesOf(record)),
    },
  });
  const written = new Map<number, { mean: number; share: number; r: number; g: number; t: number }>();
  const found = Array.from({ length: R }, (_, r) => {
    const { iteration = 0, present = 0 } = status[r];
    return Array.from({ length: G }, (_, g) =>
      Array.from({ length: ownOf(T, r) }, (_, t) => {
        if (!present || iteration % every !== 0) return undefined;
        const entry = starts[r] + 6 + (layer * G + g) * ownOf(T, r) + t;
        const words = gpu.norms.subarray(entry * NORM_WORDS, (entry + 1) * NORM_WORDS);
        const result = { mean: bitsFloat(words[2]), share: bitsFloat(words[3]) };
        written.set(entry, { ...result, r, g, t });
        const z = Array.from({ length: B * H }, (_, n) => {
          const b = Math.floor(n / H);
          return t < lengths(r, b) ? [cache[(((r * T + t) * B4 + b) * C + g) * H + (n % H)]] : [];
        }).flat();
        const expected = definition(curveOf(cell, activation, g), z);
        for (const norms of [gpu.norms, cpu.norms]) {
          const [zero, none, mean, share] = norms.subarray(entry * NORM_WORDS, (entry + 1) * NORM_WORDS);
          const place = `${norms === gpu.norms ? 'kernel' : 'twin'}: replica ${r}, gate ${g}, step ${t}`;
          expect([zero, none], place).toEqual([0, 0]);
          expect(
            isClose(bitsFloat(mean), expected.mean, expected.tolerance),
            `${place}: mean ${bitsFloat(mean)}, not ${expected.mean}`,
          ).toBe(true);
          // Counts are exact, and divided once.
          const closeShare = isClose(bitsFloat(share), expected.share, gamma(COST.divide) * expected.share);
          expect(closeShare, `${place}: share ${bitsFloat(share)}, not ${expected.share}`).toBe(true);
        }
        return result;
      }),
    );
  });
  // Nothing else is touched.
  for (let entry = 0; entry < total; entry++) {
    if (written.has(entry)) continue;
    for (const norms of [gpu.norms, cpu.norms]) {
      expect([...norms.subarray(entry * NORM_WORDS, (entry + 1) * NORM_WORDS)], `norm ${entry}`).toEqual(
        Array(NORM_WORDS).fill(EARLIER),
      );
    }
  }
  return found;
}

/** Mean and share of a gate's z's, and what the mean may err by: each value's own error, a sum of them in any order, a division. */
function definition(curve: 'sigmoid' | 'tanh' | 'relu' | 'linear', z: readonly number[]) {
  const n = z.length;
  const values = z.map(CURVES[curve].phi);
  const mean = n === 0 ? Number.NaN : values.reduce((sum, v) => sum + v, 0) / n;
  const magnitude = values.reduce((sum, v) => sum + Math.abs(v), 0) / n;
  const each = z.reduce((sum, x) => sum + activationTolerance(curve, x).phi, 0) / n;
  const blocked = { sigmoid: 1, tanh: 1, relu: 1, linear: Number.NaN }[curve];
  const isBlocked = (x: number) => (curve === 'relu' ? x <= 0 : Math.abs(x) > THRESHOLD[curve]);
  const share = n === 0 || Number.isNaN(mean) ? Number.NaN : (blocked * z.filter(isBlocked).length) / n;
  return { mean, share, tolerance: each + gamma(n + COST.divide) * (magnitude + each) + U * Math.abs(mean) };
}

const FORMS = [
  { cell: 'rnn', activation: 'tanh' },
  { cell: 'rnn', activation: 'relu' },
  { cell: 'rnn', activation: 'linear' },
  { cell: 'lstm', activation: 'tanh' },
  { cell: 'gru', activation: 'tanh' },
] as const;

// Around a vector of 4 units, the 64 invocations of a workgroup, and more of them.
const SHAPES = [
  { R: 1, B: 1, T: 1, H: 1 },
  { R: 3, B: 5, T: 3, H: 6, layer: 1 },
  { R: 1, B: 9, T: 2, H: 65 },
] as const;

for (const form of FORMS) {
  for (const shape of SHAPES) {
    test(title('gate_probe', { ...form, ...shape }), async () => {
      const found = (await probe({ ...form, ...shape })).flat(2);
      // A control of the values: of some steps a part is saturated.
      const shares = found.flatMap((each) => (each ? [each.share] : []));
      if (form.activation === 'linear') expect(shares.every(Number.isNaN)).toBe(true);
      else if (shape.H > 1) expect(shares.filter((share) => share > 0 && share < 1).length).toBeGreaterThan(shares.length / 2);
    });
  }
}

describe('gate_probe', () => {
  const shape = { R: 1, B: 3, T: 4, H: 5 } as const;

  test.each(FORMS)('gives NaN for a step that no sequence of $cell with $activation has', async (form) => {
    const [gates] = await probe({ ...form, ...shape, lengths: (_, b) => 1 + (b % 2) });
    for (const steps of gates) {
      expect(steps.map((each) => Number.isNaN(each?.mean))).toEqual([false, false, true, true]);
      expect(steps.slice(2).map((each) => each?.share)).toEqual([Number.NaN, Number.NaN]);
    }
  });

  test.each(FORMS)(
    'counts units of sequences alone in $cell with $activation: what lies beside them is not read',
    async (form) => {
      const C = cachedOf(form.cell);
      await probe({
        ...form,
        ...shape,
        lengths: () => 2,
        prepare: (cache) => {
          cache.forEach((_, n) => {
            const row = Math.floor(n / C / 5);
            if (row % 4 === 3 || row >= 8) cache[n] = Number.NaN;
          });
        },
      });
    },
  );

  test.each(FORMS)('makes mean and share NaN by one NaN of $cell with $activation, in its gate and step alone', async (form) => {
    const C = cachedOf(form.cell);
    const [gates] = await probe({
      ...form,
      ...shape,
      lengths: () => 4,
      prepare: (cache) => {
        // Step 1, example 2, gate 0, unit 4.
        cache[((1 * 4 + 2) * C + 0) * 5 + 4] = Number.NaN;
      },
    });
    gates.forEach((steps, g) => {
      const isBroken = (t: number) => g === 0 && t === 1;
      expect(steps.map((each) => Number.isNaN(each?.mean))).toEqual([0, 1, 2, 3].map(isBroken));
      expect(steps.map((each) => Number.isNaN(each?.share))).toEqual(
        [0, 1, 2, 3].map((t) => isBroken(t) || form.activation === 'linear'),
      );
    });
  });

  test('is exact where every gate is saturated or none is, up to |z| = 1e38', async () => {
    for (const z of [1e38, 90, 5, 4.3, 2.1, 1e-20, 0]) {
      const [gates] = await probe({
        cell: 'lstm',
        activation: 'tanh',
        ...shape,
        lengths: () => 4,
        prepare: (cache) => {
          cache.forEach((_, n) => {
            cache[n] = n % 2 === 0 ? z : -z;
          });
        },
      });
      const share = (g: number) => gates[g].map((each) => each?.share);
      // |tanh(z/2)| of a sigmoid, |tanh z| of g
      for (const g of [0, 1, 3]) expect(share(g), `${z}`).toEqual(Array(4).fill(z > 4.37 ? 1 : 0));
      expect(share(2), `${z}`).toEqual(Array(4).fill(z > 2.19 ? 1 : 0));
    }
  });

  test('runs only in iterations that the cadence divides, and only for replicas that take part', async () => {
    const status = [
      { present: 1, iteration: 10 },
      { present: 1, iteration: 11 },
      { present: 0, iteration: 10 },
    ];
    const found = await probe({ cell: 'gru', activation: 'tanh', ...shape, R: 3, every: 5, status });
    expect(found.map((gates) => gates.flat().every((each) => each !== undefined))).toEqual([true, false, false]);
  });
});
