import { describe, expect, test } from 'vitest';
import { type MetricsBlock, SCALARS } from '../../../src/metrics/block.ts';
import { formatFactor, formatLog2, formatLog10, formatNumber, formatPercent } from '../../../src/metrics/format.ts';
import { layerShape } from '../../../src/metrics/layer-series.ts';
import { Trace } from '../../../src/metrics/trace.ts';
import {
  DIVERGED_LOSS,
  judge,
  STACK_RATIO,
  STARTING_ITERATIONS,
  STUCK_ITERATIONS,
  type VerdictKind,
  ZERO_RECORDS,
} from '../../../src/metrics/verdict.ts';
import { parseExperiment } from '../../../src/model/experiment.ts';

const DEPTH = 16;
const experiment = parseExperiment({ model: { kind: 'mlp', depth: DEPTH } });

interface Plan {
  iterations: number;
  loss: (i: number) => number;
  /** log2 ‖dL/dz‖ of layer l. */
  log2Dz?: (l: number, i: number) => number;
  log2Norm?: (i: number) => number;
  clip?: number;
  broken?: number;
}

/** A trace made through the same door as the worker's. */
function traceOf({ iterations, loss, log2Dz = () => 0, log2Norm = () => 1, clip = 1, broken }: Plan): Trace {
  const trace = new Trace(['z0', 'l0.weight'], layerShape(DEPTH + 1, DEPTH + 1, 0));
  const scalars = new Float32Array(iterations * SCALARS.length);
  const layers = [];
  for (let i = 0; i < iterations; i++) {
    const first = broken !== undefined && i >= broken ? 2 : 0;
    scalars.set([i, loss(i), 0.5, log2Norm(i), clip, 3, -5, first, first, 1, 0, 0.01, 0], i * SCALARS.length);
    layers.push({ iteration: i, words: Float32Array.from({ length: 2 * (DEPTH + 1) }, (_, l) => log2Dz(l, i)) });
  }
  const block: MetricsBlock = { replicas: 1, iterations, scalars, layers: [layers] };
  trace.append(block, 0);
  return trace;
}

const falling = (i: number) => 0.1 + 2.2 * Math.exp(-i / 100);
/** Slope whose ratio over the DEPTH hidden layers is a little beyond, or short of, STACK_RATIO. */
const slope = (share: number) => (share * Math.log2(STACK_RATIO)) / (DEPTH - 1);
const kindOf = (plan: Plan, setup = experiment): VerdictKind => judge(traceOf(plan), setup).kind;

describe('a gradient that overflows in float16', () => {
  const half = (lossScaleGrowth: number) =>
    parseExperiment({ model: { kind: 'mlp', depth: DEPTH }, precision: { name: 'float16', lossScaleGrowth } });
  const plan: Plan = { iterations: 400, loss: falling, log2Norm: (i) => (i >= 398 ? Number.POSITIVE_INFINITY : 1) };

  test('is no end where the loss scale adapts, and the verdict says how often it happened', () => {
    const verdict = judge(traceOf(plan), half(2000));
    expect(verdict.kind).toBe('healthy');
    expect(verdict.evidence.join(' ')).toContain('float16 overflowed in 2 of the last 50 iterations');
  });

  test('control: it is one where the loss scale stays, and in float32', () => {
    expect(judge(traceOf(plan), half(0)).kind).toBe('diverged');
    expect(judge(traceOf(plan), experiment).kind).toBe('diverged');
  });
});

describe('each rule beside its control', () => {
  test('healthy: loss falls, layers level', () => {
    expect(kindOf({ iterations: 400, loss: falling })).toBe('healthy');
  });

  test('starting: nothing, and one iteration less than it takes', () => {
    expect(judge(new Trace([], layerShape(1, 1, 0)), experiment).kind).toBe('starting');
    expect(kindOf({ iterations: STARTING_ITERATIONS - 1, loss: falling })).toBe('starting');
    expect(kindOf({ iterations: STARTING_ITERATIONS, loss: falling })).toBe('healthy');
  });

  test('exploding: layer ratio beyond the threshold, and short of it', () => {
    expect(kindOf({ iterations: 30, loss: falling, log2Dz: (l) => -slope(1.02) * l })).toBe('exploding');
    expect(kindOf({ iterations: 30, loss: falling, log2Dz: (l) => -slope(0.98) * l })).toBe('healthy');
  });

  test('vanishing: the inverse ratio, and short of it', () => {
    expect(kindOf({ iterations: 30, loss: falling, log2Dz: (l) => slope(1.02) * l })).toBe('vanishing');
    expect(kindOf({ iterations: 30, loss: falling, log2Dz: (l) => slope(0.98) * l })).toBe('healthy');
  });

  test('a large ratio that may be chance does not count', () => {
    // Alternating ±100 around a slight slope: the fit's ratio is large, its standard error larger.
    expect(kindOf({ iterations: 30, loss: falling, log2Dz: (l) => (l % 2 === 0 ? 100 : -100) - slope(1.1) * l })).toBe('healthy');
  });

  test('exploding and broken: names iteration and tensor', () => {
    const verdict = judge(
      traceOf({
        iterations: 60,
        loss: (i) => (i < 37 ? 2 ** i : Number.NaN),
        log2Norm: (i) => (i < 37 ? 4 * i : Number.NaN),
        log2Dz: (l, i) => (i < 37 ? 20 - slope(2) * l : Number.NaN),
        broken: 37,
      }),
      experiment,
    );
    expect(verdict).toMatchObject({ kind: 'exploding', iteration: 37 });
    expect(verdict.title).toContain('37');
    expect(verdict.evidence.join(' ')).toContain('l0.weight');
    // The largest norm before is 2^144, whose square is beyond float32's 2^128.
    expect(verdict.evidence.join(' ')).toContain('float32 norm is Inf');
  });

  test('exploding, but not broken: in the extended range a loss above float32 has gradients', () => {
    const plan = {
      iterations: 60,
      loss: () => Number.POSITIVE_INFINITY,
      log2Norm: () => 900,
      log2Dz: (l: number) => 900 - 20 * l,
    };
    const extended = parseExperiment({ ...experiment, range: 'extended' });
    const verdict = judge(traceOf(plan), extended);
    expect(verdict).toMatchObject({ kind: 'exploding', title: 'Exploding gradients' });
    expect(verdict.evidence.join(' ')).toContain('larger than float32 can hold');
    // Controls: without growth it diverges, and in ieee the same loss is the end.
    expect(judge(traceOf({ ...plan, log2Dz: () => 0 }), extended)).toMatchObject({ kind: 'diverged', title: 'Diverging' });
    expect(judge(traceOf(plan), experiment).title).toContain('not finite');
  });

  test('diverged: broken without growth over the layers', () => {
    const plan = {
      iterations: 60,
      loss: (i: number) => (i < 37 ? 2 : Number.NaN),
      log2Norm: (i: number) => (i < 37 ? 1 : Number.NaN),
      broken: 37,
    };
    expect(judge(traceOf(plan), experiment)).toMatchObject({ kind: 'diverged', iteration: 37 });
  });

  test('control: a run that skipped a non-finite update and went on is not diverged', () => {
    const trace = traceOf({ iterations: 400, loss: (i) => (i === 37 ? Number.NaN : falling(i)), broken: 37 });
    const verdict = judge(trace, experiment);
    expect(verdict.kind).toBe('healthy');
    expect(verdict.evidence.join(' ')).toContain('recovered');
  });

  test('diverging: finite loss beyond the factor, and short of it', () => {
    const rising = (factor: number) => (i: number) => (i === 0 ? 2 : 2 * factor);
    expect(kindOf({ iterations: 100, loss: rising(1.1 * DIVERGED_LOSS) })).toBe('diverged');
    expect(kindOf({ iterations: 100, loss: rising(0.9 * DIVERGED_LOSS) })).not.toBe('diverged');
  });

  test('stuck: level loss from the iteration on at which it counts', () => {
    const level = (i: number) => 2.3 + 0.05 * Math.sin(i);
    expect(kindOf({ iterations: STUCK_ITERATIONS, loss: level })).toBe('stuck');
    expect(kindOf({ iterations: STUCK_ITERATIONS - 1, loss: level })).toBe('healthy');
    expect(kindOf({ iterations: STUCK_ITERATIONS, loss: (i) => level(i) - i / 500 })).toBe('healthy');
  });

  test('stuck: exactly zero gradients in the hidden layers, though the output layer has one', () => {
    const dead = (l: number) => (l === DEPTH ? -1 : Number.NEGATIVE_INFINITY);
    expect(judge(traceOf({ iterations: 30, loss: () => 2.3, log2Dz: dead }), experiment).title).toContain('zero');
    // One record in ten with a gradient shows that some batches still find a path.
    const rarely = (l: number, i: number) => (i % ZERO_RECORDS === 0 ? 0 : dead(l));
    expect(kindOf({ iterations: 30, loss: falling, log2Dz: rarely })).toBe('healthy');
  });

  test('the share of clipped iterations is evidence only with a norm rule', () => {
    const clipped = parseExperiment({ model: { kind: 'mlp', depth: DEPTH }, clip: { rule: 'torch_norm' } });
    const trace = traceOf({ iterations: 60, loss: falling, clip: 0.5 });
    expect(judge(trace, clipped).evidence.join(' ')).toContain('100.0 %');
    expect(judge(trace, experiment).evidence.join(' ')).not.toContain('Clipping');
  });

  test('a coefficient of 0 is a silent zero step in ieee; control: in the extended range it is only too small to record', () => {
    const [ieee, extended] = (['ieee', 'extended'] as const).map((range) =>
      parseExperiment({ model: { kind: 'mlp', depth: DEPTH }, clip: { rule: 'torch_norm' }, range }),
    );
    const trace = traceOf({ iterations: 60, loss: falling, clip: 0 });
    expect(judge(trace, ieee).evidence.join(' ')).toMatch(/coefficient was 0 in 100\.0 % of them.*silently zero/);
    expect(judge(trace, extended).evidence.join(' ')).not.toContain('silently zero');
    expect(judge(traceOf({ iterations: 60, loss: falling, clip: 0.5 }), ieee).evidence.join(' ')).not.toContain('silently');
  });
});

test('numbers are scientific where they span decades and never 0.0000', () => {
  expect([0, 1, 0.412, 3.1, 214, 999.7, 12_345, 99_999].map(formatNumber)).toEqual([
    '0',
    '1.00',
    '0.412',
    '3.10',
    '214',
    '1,000',
    '12,345',
    '99,999',
  ]);
  expect([1e-9, -0.5, 1e5, -2.5e-7].map(formatNumber)).toEqual(['1.00e−9', '−0.500', '1.00e+5', '−2.50e−7']);
  expect([Number.NaN, Infinity, -Infinity].map(formatNumber)).toEqual(['NaN', '∞', '−∞']);
});

test('logarithms beyond float64 are written without exponentiating them', () => {
  expect(formatLog10(500.5)).toBe('3.16e+500');
  expect(formatLog10(-400)).toBe('1.00e−400');
  // 2^3000 = 10^903.0899, and 10^0.0899 = 1.230.
  expect(formatLog2(3000)).toBe('1.23e+903');
  expect(formatLog2(-Infinity)).toBe('0');
  expect(formatLog2(0)).toBe('1.00');
  // 9.9999e+5 rounds to the next power of ten.
  expect(formatLog10(Math.log10(999_990))).toBe('1.00e+6');
});

test('factors carry the decimals their error justifies', () => {
  expect(formatFactor(1.41023, 0.0042)).toBe('×1.410 ± 0.004');
  expect(formatFactor(1.4, 0.5)).toBe('×1.40 ± 0.50');
  expect(formatPercent(0.934)).toBe('93.4 %');
});
