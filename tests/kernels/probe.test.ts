import { describe, expect, test } from 'vitest';
import { floatBits } from '../../src/math/norm-pair.ts';
import { ENDINGS, SCALARS, type ScalarName } from '../../src/metrics/block.ts';
import {
  CONTROL_WORDS,
  LAYER_KIND,
  LAYER_KIND_SHIFT,
  NORM_WORDS,
  SHAPE_WORDS,
  STATUS,
  STATUS_WORDS,
} from '../../src/plan/records.ts';
import { differences } from '../support/compare.ts';
import { type ControlFields, controlOf, normOf, type StatusFields, shapesOf, statusOf } from '../support/records.ts';
import { flat, random, reads, records, runKernel, title, updates, useEngines } from '../support/run-kernel.ts';
import { gamma, log2NormTolerance } from '../support/tolerance.ts';

const engines = useEngines();
const WIDTH = SCALARS.length;
const inf = Number.POSITIVE_INFINITY;

interface Iteration {
  readonly Z: number;
  readonly D: number;
  readonly G: number;
  /** Measured tensors whose norms go into the layer ring. */
  readonly map: readonly number[];
  readonly every: number;
  readonly ring: number;
  readonly slots: number;
  /** Per replica. */
  readonly status: readonly StatusFields[];
  readonly control: readonly ControlFields[];
  /** One number per weight, then one per update, (R, 2, G): the pairs are theirs. Default: random. */
  readonly weights?: ArrayLike<number>;
}

const entriesOf = (values: ArrayLike<number>) => Uint32Array.from(Array.from(values).flatMap((x) => normOf(x)));
const floatsOf = (words: ArrayLike<number>) => new Float32Array(Uint32Array.from(words).buffer);
/** What lies in the rings before: other numbers everywhere. */
const earlier = (n: number) => Uint32Array.from({ length: n }, (_, i) => floatBits(i + 0.5));

/** Runs it, compares GPU and twin, and returns what the GPU wrote. */
async function record({ Z, D, G, map, every, ring, slots, status, control, weights }: Iteration) {
  const R = status.length;
  const LAYERS = map.length;
  // From 1e-32 to 1e32.
  const norms = random(1, R * (Z + D + G)).map((x, n) => x * 10 ** ((n % 9) * 8 - 32));
  const [ringBefore, layersBefore] = [earlier(ring * R * WIDTH), earlier(slots * R * LAYERS)];
  const result = await runKernel(engines(), 'record_iteration', {
    constants: { R, LAYER_WORDS: R * LAYERS, EVERY: every, RING: ring, SLOTS: slots },
    grid: [64 * R, 1, 1],
    buffers: R === 1 ? 'one' : 'several',
    operands: {
      control: reads(flat(R, CONTROL_WORDS), controlOf(control)),
      norms: reads(flat(R, Z + D + G, NORM_WORDS), entriesOf(norms)),
      weights: reads(flat(R, 2 * G, NORM_WORDS), entriesOf(weights ?? random(2, R * 2 * G))),
      layer_map: reads(flat(LAYERS), Uint32Array.from(map)),
      shapes: reads(flat(R, SHAPE_WORDS), shapesOf(status.map(() => ({ z: Z, d: D, g: G, layers: LAYERS })))),
      status: updates(flat(R, STATUS_WORDS), statusOf(status)),
      ring: updates(flat(ring, R, WIDTH), ringBefore),
      layers: updates(flat(slots, R, LAYERS), layersBefore),
    },
  });
  result.compare('status', 0);
  const gpu = { ring: floatsOf(result.gpu.ring), layers: floatsOf(result.gpu.layers) };
  const cpu = { ring: floatsOf(result.cpu.ring), layers: floatsOf(result.cpu.layers) };
  const isLog = (n: number) => n % WIDTH === SCALARS.indexOf('log2WeightNorm') || n % WIDTH === SCALARS.indexOf('log2UpdateNorm');
  // Joining G pairs: at most G rescalings and additions.
  const ringTolerance = (n: number) => (isLog(n) ? log2NormTolerance(cpu.ring[n], G) : 0);
  expect(differences('ring', [ring, R, WIDTH], gpu.ring, cpu.ring, ringTolerance)).toEqual([]);
  expect(differences('layers', [slots, R, LAYERS], gpu.layers, cpu.layers, (n) => log2NormTolerance(cpu.layers[n], 1))).toEqual(
    [],
  );
  // A slot is changed where any of its words differs.
  const changed = (words: Float32Array, before: Uint32Array, width: number) =>
    Array.from({ length: words.length / width }, (_, s) => s).filter((s) =>
      words.slice(s * width, (s + 1) * width).some((x, i) => floatBits(x) !== before[s * width + i]),
    );
  return {
    ringSlots: changed(gpu.ring, ringBefore, R * WIDTH),
    layerSlots: changed(gpu.layers, layersBefore, R * LAYERS),
    scalar: (index: number, r: number, name: ScalarName) => gpu.ring[(index * R + r) * WIDTH + SCALARS.indexOf(name)],
    layer: (index: number, r: number) => [...gpu.layers.slice((index * R + r) * LAYERS, (index * R + r + 1) * LAYERS)],
    norm: (r: number, tensor: number) => Math.abs(norms[r * (Z + D + G) + tensor]),
    status: (r: number, field: keyof typeof STATUS) => result.gpu.status[r * STATUS_WORDS + STATUS[field]],
  };
}

const ACTIVE: ControlFields = { active: 1, apply: 1, loss: 2.5, accuracy: 0.25, log2_norm: 3, coefficient: 0.125 };

describe('record_iteration', () => {
  // 64 invocations share the weights and the layers of a replica.
  for (const [R, G, LAYERS] of [
    [1, 1, 1],
    [3, 2, 3],
    [1, 63, 64],
    [3, 65, 65],
    [1, 197, 197],
  ]) {
    test(title('record_iteration', { R, G, LAYERS }), async () => {
      const map = Array.from({ length: LAYERS }, (_, l) => (5 * l) % (2 + 3 + G));
      const status = Array.from({ length: R }, (_, r) => ({ iteration: 40 + r, updates: 7, ticks: 41 }));
      const shape = { Z: 2, D: 3, G, map, every: 1, ring: 4, slots: 5, status };
      const { ringSlots, layerSlots, layer, norm, scalar } = await record({ ...shape, control: status.map(() => ACTIVE) });
      expect([ringSlots, layerSlots]).toEqual([[41 % 4], [41 % 5]]);
      for (let r = 0; r < R; r++) {
        const found = differences(
          'layers',
          [LAYERS],
          layer(1, r),
          map.map((t) => Math.log2(norm(r, t))),
          (l) => log2NormTolerance(Math.log2(norm(r, map[l])), 1),
        );
        expect(found).toEqual([]);
        expect(scalar(1, r, 'iteration')).toBe(40 + r);
      }
    });
  }

  // ring 8, layer ring 3, cadence 5: tick → slot of the ring, slot of the layer ring or none
  test.each([
    [0, 0, 0],
    [4, 4, undefined],
    [5, 5, 1],
    [7, 7, undefined],
    [8, 0, undefined],
    [10, 2, 2],
    [15, 7, 0],
    [4100, 4, 1],
  ])('at tick %i writes slot %i of the ring and slot %s of the layers', async (ticks, inRing, inLayers) => {
    const shape = { Z: 1, D: 1, G: 2, map: [0, 1], every: 5, ring: 8, slots: 3 };
    const { ringSlots, layerSlots, status } = await record({
      ...shape,
      status: [{ ticks, iteration: ticks }],
      control: [ACTIVE],
    });
    expect(ringSlots).toEqual([inRing]);
    expect(layerSlots).toEqual(inLayers === undefined ? [] : [inLayers]);
    expect(status(0, 'ticks')).toBe(ticks + 1);
  });

  test('writes what each kind of its layer map names: norm, share, weight, overflow and mean, of its replica', async () => {
    const [R, G] = [2, 2];
    const kinds = Object.keys(LAYER_KIND) as (keyof typeof LAYER_KIND)[];
    // The kind stands in the upper three bits, so that a map may name 2^29 tensors.
    const map = kinds.flatMap((kind) => [0, 1, 2, 3].map((index) => LAYER_KIND[kind] * 2 ** LAYER_KIND_SHIFT + index));
    const nan = floatBits(Number.NaN);
    // Of a layer's output: its norm and share. Of a gate: nothing, nothing, mean and share. Broken: the count of what is not finite.
    const own = [
      [...normOf(3).slice(0, 2), 0, floatBits(0.25)],
      [0, 0, floatBits(-0.5), floatBits(0.75)],
      [...normOf(inf, 1, inf).slice(0, 2), 0, nan],
      [0, 0, nan, nan],
    ];
    const norms = [...own, ...own.with(1, [0, 0, floatBits(0.125), floatBits(1)])];
    const weights = Float32Array.of(2, 4, 8, 16, 32, 64, 128, 256);
    const { gpu, cpu } = await runKernel(engines(), 'record_iteration', {
      constants: { R, LAYER_WORDS: R * map.length, EVERY: 1, RING: 1, SLOTS: 1 },
      grid: [64 * R, 1, 1],
      operands: {
        control: reads(flat(R, CONTROL_WORDS), controlOf([ACTIVE, ACTIVE])),
        norms: reads(flat(R, 4, NORM_WORDS), Uint32Array.from(norms.flat())),
        weights: reads(flat(R, 2 * G, NORM_WORDS), entriesOf(weights)),
        layer_map: reads(flat(map.length), Uint32Array.from(map)),
        shapes: reads(flat(R, SHAPE_WORDS), shapesOf([1, 2].map(() => ({ z: 1, d: 1, g: G, layers: map.length })))),
        status: updates(flat(R, STATUS_WORDS), statusOf([{}, {}])),
        ring: updates(flat(1, R, WIDTH), earlier(R * WIDTH)),
        layers: updates(flat(1, R, map.length), earlier(R * map.length)),
      },
    });
    for (const layers of [gpu.layers, cpu.layers]) {
      for (let r = 0; r < R; r++) {
        const of = (kind: keyof typeof LAYER_KIND) => {
          const first = r * map.length + 4 * kinds.indexOf(kind);
          return [...layers.slice(first, first + 4)];
        };
        const word = (n: number) => norms.slice(4 * r, 4 * r + 4).map((entry) => entry[n]);
        // As they are, bit by bit.
        expect([of('mean'), of('share')]).toEqual([word(2), word(3)]);
        expect([...floatsOf(of('overflow'))]).toEqual([0, 0, 2, 0]);
        const logs = [...floatsOf(of('norm'))];
        expect(Math.abs(logs[0] - Math.log2(3))).toBeLessThan(log2NormTolerance(Math.log2(3), 1));
        expect(logs[2]).toBe(inf);
        const expected = [1, 2, 3, 4].map((n) => n + 4 * r);
        floatsOf(of('weight')).forEach((log2, n) => {
          expect(Math.abs(log2 - expected[n])).toBeLessThan(log2NormTolerance(expected[n], 1));
        });
      }
    }
  });

  test('counts iterations of active replicas, updates that were applied, and ticks of all', async () => {
    const before = { iteration: 5, updates: 4, ticks: 9 };
    const control: ControlFields[] = [
      ACTIVE,
      { ...ACTIVE, apply: 0 },
      { ...ACTIVE, apply: 0, stop: 2 },
      { ...ACTIVE, active: 0, apply: 0 },
    ];
    const shape = { Z: 1, D: 1, G: 1, map: [0], every: 1, ring: 16, slots: 2 };
    const { status, scalar } = await record({ ...shape, status: control.map(() => before), control });
    const rows = control.map((_, r) => (['iteration', 'updates', 'stopped', 'ticks'] as const).map((field) => status(r, field)));
    expect(rows).toEqual([
      [6, 5, 0, 10],
      [6, 4, 0, 10],
      [6, 4, 2, 10],
      [5, 4, 0, 10],
    ]);
    expect(control.map((_, r) => scalar(9, r, 'active'))).toEqual([1, 1, 1, 0]);
  });

  test('ends a run whose new weights are not finite, if it shall, and says how every run ended', async () => {
    const control: ControlFields[] = [
      { ...ACTIVE, stop_weights: 1 },
      { ...ACTIVE, stop_weights: 1 },
      ACTIVE,
      { ...ACTIVE, stop_weights: 1, stop: ENDINGS.indexOf('iterations') },
      { ...ACTIVE, stop: ENDINGS.indexOf('plateau'), stop_weights: 1 },
      { ...ACTIVE, active: 0, stop: ENDINGS.indexOf('iterations') },
      { ...ACTIVE, stop: ENDINGS.indexOf('iterations') },
    ];
    const weights = [1, inf, inf, Number.NaN, inf, 1, 1].flatMap((w) => [w, 0]);
    const shape = { Z: 1, D: 1, G: 1, map: [0], every: 1, ring: 1, slots: 1, status: control.map(() => ({})), control, weights };
    const { scalar, status } = await record(shape);
    const endings = ['training', 'weights_not_finite', 'training', 'weights_not_finite', 'plateau', 'training', 'iterations'];
    expect(control.map((_, r) => ENDINGS[scalar(0, r, 'ended')])).toEqual(endings);
    // A run that has reached its last iteration may be prolonged.
    expect(control.map((_, r) => status(r, 'stopped'))).toEqual([0, 3, 0, 3, 6, 0, 0]);
  });

  test('writes control words as they are, and names the first non-finite tensor of the gradients before that of the weights', async () => {
    const nan = Number.NaN;
    // Measured in order: 1 pre-activation, the loss, 1 dz, 2 gradients, 2 weights: the weights are 6 and 7, counted from 1.
    const control: ControlFields[] = [
      { ...ACTIVE, loss: nan, log2_norm: inf, coefficient: nan, non_finite: 3, first: 2 },
      ACTIVE,
      ACTIVE,
      ACTIVE,
    ];
    const weights = [
      [inf, 1, inf, 0],
      [1, nan, 0, nan],
      [nan, inf, inf, inf],
      [3e38, 3e38, 1e-30, 0],
    ].flat();
    const shape = { Z: 1, D: 1, G: 2, map: [0], every: 1, ring: 1, slots: 1, status: control.map(() => ({})), control, weights };
    const { scalar } = await record(shape);
    expect([0, 1, 2, 3].map((r) => scalar(0, r, 'firstNonFinite'))).toEqual([2, 7, 6, 0]);
    expect([scalar(0, 0, 'loss'), scalar(0, 0, 'log2GradientNorm'), scalar(0, 0, 'clipCoefficient')]).toEqual([nan, inf, nan]);
    expect(scalar(0, 0, 'nonFinite')).toBe(3);
    expect([0, 1, 2].map((r) => scalar(0, r, 'log2WeightNorm'))).toEqual([inf, nan, nan]);
    // ‖(3e38, 3e38)‖ overflows float32, its logarithm does not.
    expect(Math.abs(scalar(0, 3, 'log2WeightNorm') - Math.log2(3e38) - 0.5)).toBeLessThan(log2NormTolerance(128, 2));
    expect(Math.abs(scalar(0, 3, 'log2UpdateNorm') - Math.log2(1e-30))).toBeLessThan(log2NormTolerance(100, 2));
  });
});

describe('record_evaluation', () => {
  // One invocation owns a replica; a workgroup holds 64.
  for (const [R, B, first] of [
    [1, 1, true],
    [3, 5, true],
    [3, 64, false],
    [65, 7, false],
  ] as const) {
    test(title('record_evaluation', { R, B, first }), async () => {
      const rows = random(1, R * B * 2).map((x, n) => (n % 2 === 0 ? Math.abs(x) : Number(x > 0)));
      const before = random(2, R * 4).map(Math.abs);
      const testBatch = (r: number) => (first ? 0 : r % 3);
      const { compare, gpu } = await runKernel(engines(), 'record_evaluation', {
        constants: { R, B },
        grid: [R, 1, 1],
        buffers: R === 1 ? 'one' : 'several',
        operands: {
          rows: reads(records(R, B, 2), rows),
          status: updates(
            flat(R, STATUS_WORDS),
            statusOf(Array.from({ length: R }, (_, r) => ({ iteration: 3, test_batch: testBatch(r), present: 1 }))),
          ),
          evaluation: updates(flat(R, 4), before),
        },
      });
      compare('status', 0);
      // The twin adds the rows to what is there, one rounding each; the kernel sums the rows first.
      compare('evaluation', (n) => 2 * gamma(B + 1) * (before[n] + B * 4));
      for (let r = 0; r < R; r++) {
        expect(gpu.status[r * STATUS_WORDS + STATUS.test_batch]).toBe(testBatch(r) + 1);
        // The first batch overwrites.
        const batches = testBatch(r) === 0 ? 1 : Math.fround(before[4 * r + 2] + 1);
        expect(gpu.evaluation[4 * r + 2]).toBe(batches);
      }
    });
  }
});
