/** Clipping of single tensors and units: kernel against twin, and both against the formulas. */
import { describe, expect, test } from 'vitest';
import { floatBits } from '../../src/math/norm-pair.ts';
import { CLIP_RULE, CONTROL_WORDS, HYPER_WORDS } from '../../src/plan/records.ts';
import golden from '../golden/clip_edge.json' with { type: 'json' };
import { controlOf, type HyperFields, hyperOf, pairOf } from '../support/records.ts';
import { flat, random, reads, runKernel, title, updates, useEngines } from '../support/run-kernel.ts';
import { COST, FLUSHED, gamma } from '../support/tolerance.ts';

const engines = useEngines();
const CELL = 16;
const inf = Number.POSITIVE_INFINITY;
const nan = Number.NaN;

const applied = (list: readonly number[]) => controlOf(list.map((apply) => ({ active: 1, apply })));

/** Bits, with one NaN for all. */
const bitsOf = (values: ArrayLike<number>) => Array.from(values, (x) => (Number.isNaN(x) ? 'NaN' : floatBits(x)));

/**
 * A norm of n numbers in float32 (half of γ(n), and a root), the quotient of two of them, and the products with the factor's three
 * parts; the twin's own rounding. FLUSHED: what is subnormal on the way.
 */
const tolerance = (n: number, wanted: number) => gamma(n + 2 * COST.sqrt + COST.divide + 10) * Math.abs(wanted) + 2 * FLUSHED;

describe('clip_per_tensor', () => {
  /** Tensors of these many cells, each with its own gradient; NORM_WORDS as a norm's entry may have more words than its pair. */
  async function perTensor(tensors: readonly (readonly number[])[], max: number, more: { rule?: number; apply?: number } = {}) {
    const { rule = CLIP_RULE.torch_norm_per_tensor, apply = 1 } = more;
    const NORM_WORDS = 4;
    const cellsOf = tensors.map((values) => Math.ceil(values.length / CELL));
    const CELLS = cellsOf.reduce((a, b) => a + b, 0) + 1;
    const dW = new Float32Array(CELLS * CELL);
    const entries = new Uint32Array(CELLS).fill(0xffffffff);
    const norms = new Uint32Array(NORM_WORDS * tensors.length);
    let cell = 0;
    tensors.forEach((values, t) => {
      dW.set(values, CELL * cell);
      entries.fill(t, cell, cell + cellsOf[t]);
      norms.set(pairOf(...values), NORM_WORDS * t);
      cell += cellsOf[t];
    });
    // The last cell belongs to no tensor.
    dW.fill(1e30, CELL * cell);
    const { gpu, cpu } = await runKernel(engines(), 'clip_per_tensor', {
      constants: { CELLS, NORM_WORDS },
      grid: [CELLS, 1, 1],
      operands: {
        dW: updates(flat(CELLS, CELL), dW),
        owner: reads(flat(CELLS), new Uint32Array(CELLS)),
        entries: reads(flat(CELLS), entries),
        norms: reads(flat(tensors.length, NORM_WORDS), norms),
        control: reads(flat(1, CONTROL_WORDS), applied([apply])),
        hyper: reads(flat(1, HYPER_WORDS), hyperOf([{ clip_rule: rule, clip_max: max }])),
      },
    });
    expect([...gpu.dW.slice(CELL * cell)]).toEqual(Array(CELL).fill(Math.fround(1e30)));
    let at = 0;
    return tensors.map((values, t) => {
      const start = CELL * at;
      at += cellsOf[t];
      return [gpu.dW, cpu.dW].map((found) => [...found.slice(start, start + values.length)]);
    });
  }

  test.each([1, 16, 17, 65, 1000])('scales each tensor of %i numbers by its own norm', async (n) => {
    const sizes = [1e-30, 1e-6, 0.01, 1, 40, 1e19, 1e37];
    const tensors = sizes.map((size, k) => [...random(k, n, size)]);
    const max = 0.5;
    const found = await perTensor(tensors, max);
    tensors.forEach((values, t) => {
      const norm = Math.hypot(...values);
      const factor = Math.min(1, max / (norm + 1e-6));
      for (const engine of found[t]) {
        engine.forEach((value, i) => {
          const wanted = values[i] * factor;
          expect(Math.abs(value - wanted), `tensor of size ${sizes[t]}, number ${i}`).toBeLessThanOrEqual(tolerance(n, wanted));
        });
      }
      // Control: what is short enough stays as it is.
      if (norm + 1e-6 < max * 0.999) expect(found[t][0]).toEqual(values);
    });
  });

  test('follows torch at the edges: Inf gives 0 and NaN, NaN gives NaN, in that tensor alone', async () => {
    const tensors = [
      [inf, 1, -2],
      [-inf, 1],
      [nan, 1],
      [inf, nan],
      [3, 4],
      [0, 0],
    ];
    for (const found of await perTensor(tensors, 10).then((all) => [all.map(([gpu]) => gpu), all.map(([, cpu]) => cpu)])) {
      expect(found.map(bitsOf)).toEqual(
        [
          [nan, 0, -0],
          [nan, 0],
          [nan, nan],
          [nan, nan],
          [3, 4],
          [0, 0],
        ].map(bitsOf),
      );
    }
  });

  test.each([
    ['has another rule', { rule: CLIP_RULE.torch_norm }],
    ['is not updated', { apply: 0 }],
  ])('leaves a replica alone that %s', async (_, more) => {
    expect(await perTensor([[3, 4]], 1, more)).toEqual([
      [
        [3, 4],
        [3, 4],
      ],
    ]);
    expect(await perTensor([[3, 4]], 1)).not.toEqual([
      [
        [3, 4],
        [3, 4],
      ],
    ]);
  });
});

describe('clip_adaptive', () => {
  interface Weight {
    /** (rows, columns) row-major: a column is a unit; a vector has 0 rows. */
    readonly rows: number;
    readonly W: readonly number[];
    readonly dW: readonly number[];
  }
  const SETTINGS = { clip_rule: CLIP_RULE.adaptive, clip_max: 0.01, clip_epsilon: 1e-3 };

  /** One replica a weight, so that each has settings of its own; numbers after clipping, by GPU and twin. */
  async function adaptive(weights: readonly Weight[], settings: readonly HyperFields[] = [], apply: readonly number[] = []) {
    const units: number[] = [];
    const places: number[][] = [];
    let words = 0;
    for (const [r, { rows, W }] of weights.entries()) {
      const columns = W.length / Math.max(rows, 1);
      const stride = 4 * Math.ceil(columns / 4);
      if (rows === 0) units.push(words / 4, stride / 4, 0, r);
      else for (let c = 0; c < stride / 4; c++) units.push(words / 4 + c, rows, stride / 4, r);
      places.push(W.map((_, i) => words + Math.floor(i / columns) * stride + (i % columns)));
      words += Math.max(rows, 1) * stride;
    }
    const spread = (of: (weight: Weight) => readonly number[]) => {
      const out = new Float32Array(words);
      weights.forEach((weight, r) => {
        of(weight).forEach((x, i) => {
          out[places[r][i]] = x;
        });
      });
      return out;
    };
    const UNITS = units.length / 4;
    const { gpu, cpu } = await runKernel(engines(), 'clip_adaptive', {
      constants: { UNITS },
      grid: [UNITS, 1, 1],
      buffers: weights.length % 2 === 0 ? 'one' : 'several',
      operands: {
        W: reads(
          flat(words),
          spread(({ W }) => W),
        ),
        dW: updates(
          flat(words),
          spread(({ dW }) => dW),
        ),
        units: reads(flat(UNITS, 4), Uint32Array.from(units)),
        control: reads(flat(weights.length, CONTROL_WORDS), applied(weights.map((_, r) => apply[r] ?? 1))),
        hyper: reads(flat(weights.length, HYPER_WORDS), hyperOf(weights.map((_, r) => ({ ...SETTINGS, ...settings[r] })))),
      },
    });
    return [gpu.dW, cpu.dW].map((dW) => places.map((place) => place.map((at) => dW[at])));
  }

  /** The formula in double precision, unit by unit. */
  function formula({ rows, W, dW }: Weight, ratio = 0.01, epsilon = 1e-3): number[] {
    const columns = rows === 0 ? 1 : W.length / rows;
    const out = [...dW];
    for (let c = 0; c < columns; c++) {
      const unit = W.map((_, i) => i).filter((i) => i % columns === c);
      const norm = (values: readonly number[]) => Math.hypot(...unit.map((i) => Math.fround(values[i])));
      const limit = ratio * Math.max(norm(W), epsilon);
      if (norm(dW) < limit) continue;
      for (const i of unit) out[i] = dW[i] * (limit / Math.max(norm(dW), 1e-6));
    }
    return out;
  }

  const SHAPES = [
    { rows: 1, columns: 1 },
    { rows: 2, columns: 3 },
    { rows: 5, columns: 4 },
    { rows: 64, columns: 65 },
    { rows: 197, columns: 7 },
    { rows: 0, columns: 5 },
    { rows: 0, columns: 129 },
  ];
  for (const [k, { rows, columns }] of SHAPES.entries()) {
    test(title('clip_adaptive', { rows, columns }), async () => {
      const n = Math.max(rows, 1) * columns;
      // Columns of all sizes, some below and some above their limit.
      const scale = (i: number) => 10 ** (((i % columns) % 5) - 4);
      const weights = [1, 1e-5, 1e18].map(
        (size, r): Weight => ({
          rows,
          W: [...random(10 * k + r, n)],
          dW: [...random(10 * k + r + 5, n, size).map((x, i) => x * scale(i))],
        }),
      );
      const found = await adaptive(weights, [{}, {}, { clip_max: 0.1, clip_epsilon: 2 }]);
      weights.forEach((weight, r) => {
        const [ratio, epsilon] = r === 2 ? [Math.fround(0.1), 2] : [Math.fround(0.01), Math.fround(1e-3)];
        const wanted = formula(weight, ratio, epsilon);
        for (const engine of found) {
          engine[r].forEach((value, i) => {
            const allowed = tolerance(2 * Math.max(rows, columns), wanted[i]);
            expect(Math.abs(value - wanted[i]), `replica ${r}, number ${i}`).toBeLessThanOrEqual(allowed);
          });
        }
      });
    });
  }

  test('gives what its authors’ formula gives', async () => {
    for (const { W, G, lam, after } of golden.agc) {
      const columns = W.length;
      // A unit is a row there and a column here.
      const turned = (list: readonly (readonly number[])[]) => list[0].flatMap((_, i) => list.map((row) => row[i]));
      const weight = { rows: W[0].length, W: turned(W), dW: turned(G) };
      for (const [found] of await adaptive([weight], [{ clip_max: lam }])) {
        found.forEach((value, i) => {
          const wanted = after[i % columns][Math.floor(i / columns)];
          expect(Math.abs(value - wanted)).toBeLessThanOrEqual(tolerance(4, wanted));
        });
      }
    }
  });

  test('works where float32 sums of squares overflow or vanish', async () => {
    const weights: Weight[] = [
      { rows: 2, W: [3e25, 4e25], dW: [3e30, 4e30] },
      { rows: 2, W: [3e-25, 4e-25], dW: [3e-3, 4e-3] },
      { rows: 2, W: [1, 1], dW: [2e38, -2e38] },
      { rows: 2, W: [2e38, 2e38], dW: [1e30, 1e30] },
    ];
    const found = await adaptive(weights);
    // 0.01 · 5e25 · (0.6, 0.8); 0.01 · 1e-3 · (0.6, 0.8); 0.01 · √2 · (1, −1)/√2; shorter than 0.01 · 2.8e38.
    const wanted = [
      [3e23, 4e23],
      [6e-6, 8e-6],
      [0.01, -0.01],
      [1e30, 1e30],
    ];
    for (const engine of found) {
      engine.forEach((values, r) => {
        values.forEach((value, i) => {
          expect(Math.abs(value - wanted[r][i])).toBeLessThanOrEqual(tolerance(4, wanted[r][i]));
        });
      });
    }
  });

  test('is the formula’s IEEE result where a number is not finite, in its unit alone', async () => {
    // Two units each, columns of a (2,2) weight: the second is ordinary and short.
    const of = (w: number, g: number, other = 1): Weight => ({ rows: 2, W: [w, 1, 1, 1], dW: [g, 1e-5, other, 1e-5] });
    const weights = [of(1, inf), of(1, -inf, -1), of(1, nan), of(nan, 1), of(inf, 1), of(inf, inf), of(inf, nan)];
    const first = [
      [nan, 0],
      [nan, -0],
      [nan, nan],
      [nan, nan],
      [1, 1],
      [nan, nan],
      [nan, nan],
    ];
    for (const engine of await adaptive(weights)) {
      engine.forEach((values, r) => {
        const short = Math.fround(1e-5);
        expect(bitsOf(values), `replica ${r}`).toEqual(bitsOf([first[r][0], short, first[r][1], short]));
      });
    }
  });

  test('leaves replicas alone that have another rule or are not updated', async () => {
    const weight = { rows: 2, W: [1, 1], dW: [5, 5] };
    for (const [other, still, clipped] of await adaptive([weight, weight, weight], [{ clip_rule: CLIP_RULE.value }], [1, 0, 1])) {
      expect([other, still]).toEqual([weight.dW, weight.dW]);
      expect(clipped).not.toEqual(weight.dW);
    }
  });
});
