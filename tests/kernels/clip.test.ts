import { describe, expect, test } from 'vitest';
import { bitsFloat } from '../../src/math/norm-pair.ts';
import { ENDINGS, type Ending } from '../../src/metrics/block.ts';
import {
  CLIP_RULE,
  CONTROL,
  CONTROL_WORDS,
  HYPER_WORDS,
  NORM_WORDS,
  POLICY,
  SHAPE_WORDS,
  STATUS_WORDS,
} from '../../src/plan/records.ts';
import { isClose } from '../support/compare.ts';
import {
  type ControlFields,
  controlOf,
  decodeControl,
  type HyperFields,
  hyperOf,
  normOf,
  type StatusFields,
  shapesOf,
  statusOf,
} from '../support/records.ts';
import { flat, random, reads, records, runKernel, title, updates, useEngines } from '../support/run-kernel.ts';
import { COST, FLUSHED, gamma, log2NormTolerance, U } from '../support/tolerance.ts';

const engines = useEngines();
const inf = Number.POSITIVE_INFINITY;
const nan = Number.NaN;

interface Replica {
  readonly hyper?: HyperFields;
  readonly status?: StatusFields;
  /** What the stop rules remember. */
  readonly control?: ControlFields;
  /** Numbers whose pairs stand for the pre-activations, the dz's and the gradients. */
  readonly z: readonly number[];
  readonly d: readonly number[];
  readonly g: readonly number[];
  /** Loss and correctness of each row. */
  readonly rows: readonly (readonly [number, number])[];
  /** Examples of the batch, where they have several rows each; else as many as rows. */
  readonly examples?: number;
  /** Powers of two by which the gradients and the losses are to be multiplied; only in an extended range. */
  readonly exponents?: { readonly g: readonly number[]; readonly rows: number };
}

const WORD_NAMES = Object.keys(CONTROL) as (keyof typeof CONTROL)[];
const FIRST = { z: [1], d: [1], g: [1], rows: [[1, 0]] } as const satisfies Replica;

/** Runs it for replicas of one shape, compares every word of GPU and twin, and returns the GPU's records, decoded. */
async function clip(replicas: readonly Replica[], range: 'ieee' | 'extended' = 'ieee') {
  const R = replicas.length;
  const [{ z, d, g, rows, examples }] = replicas;
  const [Z, D, G, B] = [z.length, d.length, g.length, rows.length];
  const stop = { stop_window: 20 };
  const { gpu, cpu } = await runKernel(engines(), 'clip_coefficient', {
    constants: { B, BATCH: examples ?? B, EXTENDED: Number(range === 'extended'), ROWS_AT: 2 },
    grid: [64 * R, 1, 1],
    buffers: R === 1 ? 'one' : 'several',
    operands: {
      norms: reads(
        flat(R, Z + D + G, NORM_WORDS),
        Uint32Array.from(replicas.flatMap((r) => [...[...r.z, ...r.d].flatMap((x) => normOf(x)), ...gradientNorms(r)])),
      ),
      rows: reads(records(R, B, 2), Float32Array.from(replicas.flatMap((r) => r.rows.flat()))),
      hyper: reads(flat(R, HYPER_WORDS), hyperOf(replicas.map((r) => ({ iterations: 100, ...stop, ...r.hyper })))),
      status: reads(flat(R, STATUS_WORDS), statusOf(replicas.map((r) => r.status ?? {}))),
      shapes: reads(flat(R, SHAPE_WORDS), shapesOf(replicas.map(() => ({ z: Z, d: D, g: G })))),
      range: reads(flat(2 + 2 * R), Uint32Array.from([7, 7, ...replicas.flatMap(({ exponents }) => [exponents?.rows ?? 0, 7])])),
      control: updates(
        {
          dims: [
            [R, CONTROL_WORDS],
            [WORD_NAMES.length, 1],
          ],
          words: R * CONTROL_WORDS,
        },
        Uint32Array.from(replicas.flatMap((r) => [...controlOf([r.control ?? {}]).slice(0, WORD_NAMES.length)])),
      ),
    },
  });
  const decode = (words: ArrayLike<number>, r: number) => {
    const padded = new Uint32Array(CONTROL_WORDS);
    padded.set(Array.from(words).slice(r * WORD_NAMES.length, (r + 1) * WORD_NAMES.length));
    return decodeControl(padded, 0);
  };
  const decoded = replicas.map((replica, r) => ({ replica, device: decode(gpu.control, r), twin: decode(cpu.control, r) }));
  const wrong = decoded.flatMap(({ replica, device, twin }, r) =>
    WORD_NAMES.filter((name) => !isClose(device[name], twin[name], tolerance(name, replica, twin[name], G))).map(
      (name) => `control[${r}].${name} = ${device[name]} on the GPU, ${twin[name]} on the CPU`,
    ),
  );
  expect(wrong).toEqual([]);
  return decoded.map(({ device }) => device);
}

function gradientNorms({ g, exponents }: Replica): number[] {
  return g.flatMap((x, t) => {
    const [m, s, , share] = normOf(x);
    return [m, s, exponents?.g[t] ?? 0, share];
  });
}

function tolerance(name: keyof typeof CONTROL, replica: Replica, value: number, G: number): number {
  const { rows, hyper, examples = rows.length } = replica;
  const B = rows.length;
  switch (name) {
    case 'coefficient':
      return FLUSHED + tolerance('scale', replica, value, G);
    case 'scale':
      // The joined sum: at most G rescaled additions, halved by the root; root, product, + 1e-6, division, and a power of two.
      return gamma(G / 2 + COST.sqrt + COST.divide + 4) * Math.abs(value);
    case 'log2_norm':
      return log2NormTolerance(value, G);
    case 'loss':
    case 'accuracy':
    case 'smoothed':
    case 'best':
    case 'first_loss':
      return (gamma(B + COST.divide) * rows.reduce((sum, row) => sum + Math.abs(row[name === 'accuracy' ? 1 : 0]), 0)) / examples;
    case 'correction1':
    case 'correction2': {
      // 1 - e^x, x = t log beta, rounded once: e^x errs by (|x| + its own error) u relatively; small |x|: a series, 5u.
      const x = Math.log1p(-value);
      const power = 1 - value;
      if (hyper === undefined || value === 0) return 0;
      return power * (2 * U * Math.abs(x) + (x < -0.49 ? COST.exp(x) * U : 0)) + 6 * U * value;
    }
    default:
      return 0;
  }
}

const TORCH = { clip_rule: CLIP_RULE.torch_norm, clip_max: 1 };
const TENSORFLOW = { clip_rule: CLIP_RULE.tensorflow_global_norm, clip_max: 1 };

describe('all words', () => {
  // 64 invocations share a replica's tensors and rows.
  for (const [R, B, Z, D, G] of [
    [1, 1, 1, 1, 1],
    [3, 5, 2, 3, 4],
    [1, 63, 64, 1, 65],
    [3, 65, 9, 63, 64],
    [1, 197, 3, 2, 197],
  ]) {
    test(title('clip_coefficient', { R, B, Z, D, G }), async () => {
      const list = (stream: number, n: number) => [...random(stream, n)];
      const replicas = Array.from({ length: R }, (_, r) => ({
        z: list(10 + r, Z),
        d: list(20 + r, D),
        g: list(30 + r, G),
        rows: list(40 + r, B).map((x) => [Math.abs(x), Number(x > 0)] as const),
        hyper: { ...[TORCH, TENSORFLOW, {}][r], clip_max: 0.3, log_beta1: Math.log(0.9), log_beta2: Math.log(0.999) },
        status: { iteration: r, updates: [0, 3, 5000][r] },
      }));
      const records_ = await clip(replicas);
      records_.forEach(({ active, apply, stop, first, non_finite, exponent }) => {
        expect([active, apply, stop, first, non_finite, exponent]).toEqual([1, 1, 0, 0, 0, 0]);
      });
      // ‖g‖ and c in double precision
      const norms = replicas.map(({ g }) => Math.hypot(...g));
      const expected = norms.map((norm, r) => [Math.min(1, 0.3 / (norm + 1e-6)), 0.3 / Math.max(norm, 0.3), 1][r]);
      records_.forEach(({ coefficient, log2_norm }, r) => {
        expect(Math.abs(coefficient - expected[r])).toBeLessThan(gamma(G + COST.sqrt + COST.divide + 4) * expected[r]);
        expect(Math.abs(log2_norm - Math.log2(norms[r]))).toBeLessThan(log2NormTolerance(Math.log2(norms[r]), G));
      });
    });
  }
});

test('clip_coefficient takes the mean over examples, however many rows they have', async () => {
  // 3 examples of 24 rows, of 8, 4 and 2 steps: each has 1/n of its loss in n of the rows, and nothing in the others.
  const steps = [8, 4, 2];
  const rows = Array.from({ length: 24 }, (_, row): readonly [number, number] => {
    const [t, b] = [Math.floor(row / 3), row % 3];
    return t < steps[b] ? [(b + 1) / steps[b], Number(b > 0) / steps[b]] : [0, 0];
  });
  const [found] = await clip([{ ...FIRST, rows, examples: 3 }]);
  // (1 + 2 + 3)/3 and 2/3: 24 additions and a division.
  expect(Math.abs(found.loss - 2)).toBeLessThan(2 * gamma(24 + COST.divide));
  expect(Math.abs(found.accuracy - 2 / 3)).toBeLessThan(gamma(24 + COST.divide));
});

describe('clip_coefficient of the rules', () => {
  const many = (x: number) => Array<number>(16).fill(x);
  const clipTo = (max: number) => ({ ...TORCH, clip_max: max });
  // rule, gradients (their norms are the pairs'), the library's coefficient, and in the extended range where it differs
  const ROWS: [string, HyperFields, number[], number, number?][] = [
    ['torch: a norm above max', TORCH, [3, 4], 1 / (5 + 1e-6)],
    ['torch: a norm below max', TORCH, [0.3, 0.4], 1],
    ['torch: a norm of max is scaled by 1/(1 + 1e-6)', TORCH, [1, 0], 1 / (1 + 1e-6)],
    ['torch: a small norm shows that 1e-6 is added', clipTo(1e-5), [1e-5, 0], 1e-5 / 1.1e-5],
    ['torch: a norm of 0', TORCH, [0, 0], 1],
    ['torch: a norm below the smallest square', TORCH, [1e-30, 0], 1],
    ['torch: Inf gives 0', TORCH, [inf, 1], 0],
    ['torch: NaN gives NaN', TORCH, [nan, inf], nan],
    ['torch: 1.8e19, whose square fits', TORCH, [1.8e19, 0], 1 / 1.8e19],
    ['torch: 1.9e19, whose square overflows', TORCH, [1.9e19, 0], 0, 1 / 1.9e19],
    ['torch: 1.4e19 twice, of which the sum overflows', TORCH, [1.4e19, 1.4e19], 0, 1 / (Math.SQRT2 * 1.4e19)],
    ['torch: 1e30, whose square overflows', TORCH, [1e30, 0], 0, 1e-30],
    ['torch: 12e38, which overflows itself', TORCH, many(3e38), 0, 1 / (4 * 3e38)],
    ['torch: 1e30 below a max of 2e30', clipTo(2e30), [1e30, 0], 0, 1],
    ['torch: 12e38 and a max of 3e38', clipTo(3e38), many(3e38), 0, 0.25],
    ['tensorflow: a norm above max', TENSORFLOW, [3, 4], 0.2],
    ['tensorflow: a norm of max is left alone', TENSORFLOW, [1, 0], 1],
    ['tensorflow: a norm of 0', TENSORFLOW, [0, 0], 1],
    ['tensorflow: 1e-22, whose square is a subnormal', { ...TENSORFLOW, clip_max: 1e-23 }, [1e-22, 0], 0.1],
    ['tensorflow: 1e-23, whose square vanishes', { ...TENSORFLOW, clip_max: 1e-24 }, [1e-23, 0], 1, 0.1],
    ['tensorflow: Inf gives NaN', TENSORFLOW, [-inf, 1], nan],
    ['tensorflow: NaN gives NaN', TENSORFLOW, [nan, 1], nan],
    ['tensorflow: 12e38', TENSORFLOW, many(3e38), nan, 1 / (4 * 3e38)],
    ['none', {}, [1e30, 1], 1],
    ['none: Inf', {}, [inf, 1], 1],
    ['value', { clip_rule: CLIP_RULE.value, clip_max: 1 }, [1e30, 1], 1],
    ['value: NaN', { clip_rule: CLIP_RULE.value, clip_max: 1 }, [nan, 1], 1],
  ];

  async function expectCoefficient(range: 'ieee' | 'extended', replica: Partial<Replica>, log2: number, expected: number) {
    const [{ scale, exponent: bits, coefficient, log2_norm }] = await clip([{ ...FIRST, ...replica }], range);
    const exponent = bits | 0;
    // Relative: a division, a root and a handful of roundings.
    const shown = `scale · 2^exponent is ${scale} · 2^${exponent}, must be ${expected} · 2^${log2}`;
    const factor = 2 ** (exponent - log2);
    expect(isClose(scale * factor, expected, gamma(40) * expected), shown).toBe(true);
    // The reported coefficient is a float32 of its own, which may be too small for one.
    const product = scale * 2 ** exponent;
    expect(isClose(coefficient, product, 2 ** -126 + U * product)).toBe(true);
    expect(scale === 0 || Number.isNaN(scale) || scale >= 2 ** -126).toBe(true);
    return log2_norm;
  }

  test.each(ROWS)('%s', async (_, hyper, g, expected) => {
    await expectCoefficient('ieee', { hyper, g }, 0, expected);
  });

  test.each(ROWS)('in the extended range, %s', async (_, hyper, g, library, expected = library) => {
    await expectCoefficient('extended', { hyper, g }, 0, expected);
  });

  // 3 · 2^a and 4 · 2^b; a norm in units of 2^log2
  test.each([
    ['both at the same exponent', [10_000, 10_000], 10_000, 5],
    ['one of them higher, its numbers smaller', [5002, 5000], 5000, Math.hypot(12, 4)],
    ['one of them far higher', [9000, -9000], 9000, 3],
    ['both tiny', [-10_000, -10_000], -10_000, 5],
    ['inside float32', [3, 3], 3, 5],
  ])('in the extended range norms go on beyond float32: %s', async (_, exponents, log2, norm) => {
    const replica = { g: [3, 4], exponents: { g: exponents, rows: 0 } };
    const clipped = log2 + Math.log2(norm) > 0;
    const log2Norm = await expectCoefficient(
      'extended',
      { ...replica, hyper: TORCH },
      clipped ? -log2 : 0,
      clipped ? 1 / norm : 1,
    );
    expect(Math.abs(log2Norm - (log2 + Math.log2(norm)))).toBeLessThan(log2NormTolerance(log2, 2));
  });

  test('in the extended range a loss above float32 is Inf, and breaks nothing', async () => {
    const rows = [[3, 0]] as const;
    const policy = POLICY.stop;
    const list = [3, 200, -200].map((e) => ({ ...FIRST, rows, hyper: { policy }, exponents: { g: [0], rows: e } }));
    const records_ = await clip([...list, { ...FIRST, rows: [[nan, 0]], hyper: { policy } }], 'extended');
    expect(records_.map(({ loss }) => loss)).toEqual([24, inf, 0, nan]);
    expect(records_.map(({ first, stop }) => [first, stop])).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
      [2, 2],
    ]);
  });

  test('clip_coefficient reports the norm where float32 has none', async () => {
    const norms = [many(3e38), many(1e-30), many(0), [inf, ...many(0).slice(1)], [nan, ...many(inf).slice(1)]];
    const list = await clip(norms.map((g) => ({ ...FIRST, g })));
    const expected = [Math.log2(12e38), Math.log2(4e-30), -inf, inf, nan];
    list.forEach(({ log2_norm }, r) => {
      expect(isClose(log2_norm, expected[r], log2NormTolerance(128, 16)), `${log2_norm} for ${expected[r]}`).toBe(true);
    });
    expect(list.map(({ non_finite }) => non_finite)).toEqual([0, 0, 0, 1, 16]);
  });
});

describe('clip_coefficient of the policies', () => {
  const { continue: GO, skip: SKIP, stop: STOP } = POLICY;
  const bad = { g: [inf] };
  const badLoss = { rows: [[nan, 0]] } as const;
  // policy, what is wrong, status → active, apply, stop
  test.each<[string, number, Partial<Replica>, StatusFields, [number, number, number]]>([
    ['continue, all finite', GO, {}, {}, [1, 1, 0]],
    ['continue, Inf gradient', GO, bad, {}, [1, 1, 0]],
    ['skip, all finite', SKIP, {}, {}, [1, 1, 0]],
    ['skip, Inf gradient', SKIP, bad, {}, [1, 0, 0]],
    ['skip, NaN loss', SKIP, badLoss, {}, [1, 0, 0]],
    ['skip, Inf in an activation alone', SKIP, { z: [inf] }, {}, [1, 1, 0]],
    ['stop, all finite', STOP, {}, {}, [1, 1, 0]],
    ['stop, NaN loss', STOP, badLoss, {}, [1, 0, 2]],
    ['stop, Inf gradient', STOP, bad, {}, [1, 0, 2]],
    ['stopped before', GO, {}, { stopped: 1 }, [0, 0, 0]],
    ['last iteration', GO, {}, { iteration: 99 }, [1, 1, 1]],
    ['beyond the last iteration', GO, {}, { iteration: 100 }, [0, 0, 1]],
    ['skip, beyond the last iteration, Inf gradient', SKIP, bad, { iteration: 100 }, [0, 0, 1]],
  ])('%s', async (_, policy, wrong, status, expected) => {
    const [{ active, apply, stop }] = await clip([{ ...FIRST, ...wrong, hyper: { policy }, status }]);
    expect([active, apply, stop]).toEqual(expected);
  });

  // smoothed loss so far, memory of the rules, this loss → how it ends, new memory. The window is 4 where not given.
  const seen = { losses: 9, smoothed: 2, best: 1.5, best_iteration: 30, first_loss: 3 };
  test.each<[string, HyperFields, ControlFields, StatusFields, number, Ending, ControlFields]>([
    ['no rule', {}, seen, { iteration: 40 }, 6, 'training', { smoothed: 3, best: 1.5, best_iteration: 30, losses: 10 }],
    ['the first loss', {}, {}, {}, 6, 'training', { smoothed: 6, best: 6, first_loss: 6, losses: 1 }],
    ['a first loss after another run', {}, seen, { iteration: 0 }, 6, 'training', { smoothed: 6, best: 6, losses: 1 }],
    ['the second is a mean of two', {}, { ...seen, losses: 1 }, { iteration: 1 }, 6, 'training', { smoothed: 4 }],
    ['at the target', { stop_loss_below: 1 }, seen, { iteration: 40 }, -2, 'loss_reached', { smoothed: 1, best: 1 }],
    ['above the target', { stop_loss_below: 0.99 }, seen, { iteration: 40 }, -2, 'training', { best_iteration: 40 }],
    ['risen above 1.5 times the first', { stop_loss_factor: 1.5 }, seen, { iteration: 40 }, 14, 'loss_rose', { smoothed: 5 }],
    ['risen to just that', { stop_loss_factor: 1.5 }, seen, { iteration: 40 }, 12, 'training', { smoothed: 4.5 }],
    ['no lower for 10', { stop_plateau: 10 }, seen, { iteration: 40 }, 2, 'plateau', { smoothed: 2 }],
    ['no lower for 9', { stop_plateau: 10 }, seen, { iteration: 39 }, 2, 'training', { best_iteration: 30 }],
    ['lower, but too little', { stop_plateau: 10, stop_share: 0.1 }, seen, { iteration: 40 }, -0.4, 'plateau', { smoothed: 1.4 }],
    ['lower at last', { stop_plateau: 10, stop_share: 0.05 }, seen, { iteration: 40 }, -0.4, 'training', { best_iteration: 40 }],
    ['a NaN loss is passed over', { stop_plateau: 10 }, seen, { iteration: 40 }, nan, 'training', { smoothed: 2, losses: 9 }],
    ['the last iteration', {}, seen, { iteration: 99 }, 2, 'iterations', { losses: 10 }],
    ['a rule at the last iteration', { stop_plateau: 10 }, seen, { iteration: 99 }, 2, 'plateau', {}],
  ])('clip_coefficient and the stop rules: %s', async (_, hyper, control, status, loss, ending, expected) => {
    const [record] = await clip([{ ...FIRST, rows: [[loss, 0]], hyper: { stop_window: 4, ...hyper }, control, status }]);
    expect(ENDINGS[record.stop]).toBe(ending);
    for (const [name, value] of Object.entries(expected)) {
      expect(Math.abs(record[name as keyof typeof CONTROL] - value), name).toBeLessThanOrEqual(gamma(4) * Math.abs(value));
    }
  });

  test('clip_coefficient names the first non-finite tensor in execution order', async () => {
    // 2 pre-activations, the loss, 2 dz's, 2 gradients: 1…7.
    const good = { z: [1, 1], d: [1, 1], g: [1, 1], rows: [[1, 0]] } as const satisfies Replica;
    const cases: [Partial<Replica>, number][] = [
      [{}, 0],
      [{ z: [inf, nan] }, 1],
      [{ z: [1, nan], g: [nan, nan] }, 2],
      [{ rows: [[inf, 0]], d: [nan, 1] }, 3],
      [{ d: [nan, 1] }, 4],
      [{ d: [1, inf], g: [nan, nan] }, 5],
      [{ g: [-inf, 1] }, 6],
      [{ g: [1, nan] }, 7],
    ];
    const list = await clip(cases.map(([wrong]) => ({ ...good, ...wrong })));
    expect(list.map(({ first }) => first)).toEqual(cases.map(([, first]) => first));
  });

  test('clip_coefficient computes 1 - beta^t without cancellation', async () => {
    const betas = [0.9, 0.999, 0.9999999, 0.5, 1e-3];
    const updates = [0, 1, 9, 692, 100_000];
    const cases = betas.flatMap((beta) => updates.map((t) => [beta, t] as const));
    const list = await clip(
      cases.map(([beta, t]) => ({ ...FIRST, hyper: { log_beta1: Math.log(beta), log_beta2: -1000 }, status: { updates: t } })),
    );
    list.forEach(({ correction1, correction2 }, k) => {
      const [beta, t] = cases[k];
      // ln beta reaches the device as a float32: relative u in the exponent, at most (1/e)/(1 - 1/e) u... below u in 1 - beta^t.
      const exact = -Math.expm1((t + 1) * bitsFloat(hyperOf([{ log_beta1: Math.log(beta) }])[16]));
      expect(Math.abs(correction1 - exact) / exact, `1 - ${beta}^${t + 1}`).toBeLessThan(gamma(15));
      expect(correction2).toBe(1);
    });
  });
});
