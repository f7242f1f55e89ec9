import { describe, expect, test } from 'vitest';
import { SCALARS } from '../../../src/metrics/block.ts';
import { layerShape } from '../../../src/metrics/layer-series.ts';
import type { Trace } from '../../../src/metrics/trace.ts';
import { Trace as EmptyTrace } from '../../../src/metrics/trace.ts';
import { decodeTrace, encodeTrace } from '../../../src/metrics/trace-codec.ts';
import { DataError } from '../../../src/model/errors.ts';
import { syntheticTrace } from '../../support/synthetic.ts';

const inf = Number.POSITIVE_INFINITY;

/** Everything a trace holds, as plain data. */
const plain = (trace: Trace) => ({
  scalars: Object.fromEntries(SCALARS.map((name) => [name, [...trace.scalars[name].view()]])),
  layers: trace.layers,
  tests: trace.tests,
  firstNonFinite: trace.firstNonFinite,
  ended: trace.ended,
  shape: trace.shape,
});

const broken = () => {
  const trace = syntheticTrace({
    ended: 'policy',
    iterations: 50,
    layers: 3,
    row: (i) => ({
      loss: i < 40 ? Math.exp(-i) : i === 40 ? inf : Number.NaN,
      accuracy: Number.NaN,
      log2GradientNorm: i === 3 ? -inf : i < 40 ? i / 3 : Number.NaN,
      firstNonFinite: i < 40 ? 0 : 2,
    }),
    log2Dz: (l, i) => (i < 40 ? l + i / 7 : inf),
    tests: [
      { iteration: 10, loss: 0.25, accuracy: 0.5 },
      { iteration: 50, loss: Number.NaN, accuracy: Number.NaN },
    ],
  });
  return trace;
};

describe('what is encoded comes back', () => {
  test('NaN, ±Infinity, layers, evaluations, the ending', () => {
    const trace = broken();
    expect(plain(trace).firstNonFinite).toEqual({ iteration: 40, tensor: 'loss' });
    expect(plain(decodeTrace(encodeTrace(trace)))).toEqual(plain(trace));
  });
  test('a trace with nothing in it', () => {
    const empty = new EmptyTrace(['z0'], layerShape(7, 8, 6));
    expect(plain(decodeTrace(encodeTrace(empty)))).toEqual(plain(empty));
  });
  test('one iteration', () => {
    const trace = syntheticTrace({ iterations: 1 });
    expect(plain(decodeTrace(encodeTrace(trace)))).toEqual(plain(trace));
  });
  test('from a view that begins at an odd byte', () => {
    const bytes = encodeTrace(broken());
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(plain(decodeTrace(shifted.subarray(1)))).toEqual(plain(broken()));
  });
  test('names that are not ASCII', () => {
    const trace = syntheticTrace({ iterations: 2 });
    trace.firstNonFinite = { iteration: 1, tensor: 'σ.weight' };
    expect(decodeTrace(encodeTrace(trace)).firstNonFinite).toEqual({ iteration: 1, tensor: 'σ.weight' });
  });
  test('the names of the measured tensors are the reader’s', () => {
    expect(decodeTrace(encodeTrace(broken()), ['a', 'b']).measured).toEqual(['a', 'b']);
  });
});

test('a trace of the first version is read: gradients alone, no learning rate', () => {
  // Three iterations of two layers, as the first version wrote them.
  const text =
    'AQBOVAIAAAACAAAAAwAAAAMAAAABAAAAAgAAAAEAAAAEAAAA9AAAAGxvc3MAAAAAAACAPwAAAEAAACBAAACAfwAAwH8AAAA/AAAAAAAAgD8AAABAAACAPwAAQEAAAKDA' +
    'AAAAAAAAAAAAAABAAAAAQAAAAAAAAAAAAACAPwAAAEAAAEBAAACAPwAAgD4AAKA/AAAQQAAAUEAAAABAAAAAPwAAwD8AACBAAABgQAAAQEAAAIA+AAAAPw==';
  const trace = decodeTrace(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
  expect([...trace.scalars.loss.view()]).toEqual([2.5, inf, Number.NaN]);
  expect([...trace.scalars.learningRate.view()]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  expect(trace.shape).toEqual(layerShape(2, 2, 0));
  expect(trace.layers[1]).toMatchObject({
    iteration: 1,
    log2Dz: Float32Array.of(0.25, 1.25),
    log2Dw: Float32Array.of(2.25, 3.25),
  });
  expect(trace.layers[1].log2Rms).toHaveLength(0);
  expect([trace.ended, trace.firstNonFinite, trace.tests]).toEqual([
    'policy',
    { iteration: 1, tensor: 'loss' },
    [{ iteration: 3, loss: 0.25, accuracy: 0.5, spectra: [] }],
  ]);
});

test('a trace of the second version is read: no sequences', () => {
  // Three iterations of two layers, one of them hidden, and two records, as the second version wrote them.
  const header = [0x544e_0002, 2, 2, 3, 2, 0, 1, 0, 0, 0x7fe, 2, 2, 1, 1, 2, 2, 0, 0];
  const columns = [0, 1, 2, 1, 0.5, 0, 1, 3, -5, 0, 0, 0.1, 0];
  const record = (iteration: number) => [iteration, ...Array.from({ length: 10 }, (_, k) => k / 8)];
  const numbers = Float32Array.from([...columns, ...record(0), ...record(2)]);
  const bytes = new Uint8Array(4 * (header.length + numbers.length));
  bytes.set(new Uint8Array(Uint32Array.from(header).buffer));
  bytes.set(new Uint8Array(numbers.buffer), 4 * header.length);
  const trace = decodeTrace(bytes);
  expect(trace.shape).toEqual(layerShape(2, 2, 1));
  expect([...trace.scalars.loss.view()]).toEqual([1, 1, 1]);
  expect(trace.layers.map(({ iteration }) => iteration)).toEqual([0, 2]);
  expect(trace.layers[1].log2Update).toEqual(Float32Array.of(1, 1.125));
  expect(trace.layers[1].log2Dh).toHaveLength(0);
});

test('a trace of the third version is read: no histograms', () => {
  // One iteration of one layer, its record with two steps of a recurrent layer, and an evaluation with a spectrum.
  const header = [0x544e_0003, 1, 1, 1, 1, 1, 1, 0, 0, 0x7ff, 1, 1, 0, 0, 1, 1, 0, 0, 2, 0, 2, 2, 1, 2];
  const columns = [0, 1.5, 0.25, 1, 1, 0, -5, 0, 0, 0.125, 0];
  const record = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const numbers = Float32Array.from([...columns, ...record, 1, 0.5, 0.75, 1.25, 2.5]);
  const bytes = new Uint8Array(4 * (header.length + 1 + numbers.length));
  bytes.set(new Uint8Array(Uint32Array.from(header).buffer));
  bytes.set(new TextEncoder().encode('h0'), 4 * header.length);
  bytes.set(new Uint8Array(numbers.buffer), 4 * (header.length + 1));
  const trace = decodeTrace(bytes);
  expect([...trace.scalars.loss.view()]).toEqual([1.5]);
  expect(trace.layers[0].log2Dh).toEqual(Float32Array.of(5, 6));
  expect(trace.layers[0].gateSaturated).toEqual(Float32Array.of(9, 10));
  expect(trace.layers[0].histogram).toHaveLength(0);
  expect(trace.tests).toEqual([
    { iteration: 1, loss: 0.5, accuracy: 0.75, spectra: [{ matrix: 'h0', radius: 1.25, sigma: 2.5 }] },
  ]);
});

test('the spectra of evaluations are kept with the names of their matrices', () => {
  const trace = syntheticTrace({ iterations: 2 });
  const spectra = ['h0.r', 'h0.z'].map((matrix, k) => ({ matrix, radius: 0.5 + k, sigma: 1.5 + k }));
  trace.appendTest({ iterations: [2], loss: Float32Array.of(1), accuracy: Float32Array.of(0), spectra: [spectra] }, 0);
  expect(decodeTrace(encodeTrace(trace)).tests).toEqual(trace.tests);
});

describe('a long trace is reduced', () => {
  const n = 20_000;
  const spike = 12_345;
  const long = syntheticTrace({
    iterations: n,
    layers: 2,
    row: (i) => ({
      loss: i === spike ? 1e6 : Math.sin(i) + 2,
      log2GradientNorm: i === 777 ? Number.NaN : i === 5000 ? -90 : Math.cos(i),
    }),
  });
  test.each([64, 500, 2048])('to at most %i iterations: ends, extremes and what is not finite stay', (points) => {
    const { scalars, length } = decodeTrace(encodeTrace(long, { points }));
    expect(length).toBeLessThanOrEqual(points);
    expect(length).toBeGreaterThan(points / 3);
    const iterations = [...scalars.iteration.view()];
    expect(iterations.at(0)).toBe(0);
    expect(iterations.at(-1)).toBe(n - 1);
    expect(iterations).toEqual([...iterations].sort((a, b) => a - b));
    expect(iterations).toEqual(expect.arrayContaining([spike, 777, 5000]));
    expect(scalars.loss.at(iterations.indexOf(spike))).toBe(1e6);
  });
  test('not at all where it fits', () => {
    const trace = syntheticTrace({ iterations: 2048, row: (i) => ({ loss: i }) });
    expect(decodeTrace(encodeTrace(trace)).length).toBe(2048);
    const more = syntheticTrace({ iterations: 2049, row: (i) => ({ loss: i }) });
    expect(decodeTrace(encodeTrace(more)).length).toBeLessThanOrEqual(2048);
  });
  test('a run that is finite in every other iteration', () => {
    const row = (i: number) => ({ loss: i % 2 === 0 ? i : Number.NaN, log2GradientNorm: i % 3 === 0 ? inf : -i });
    const { length } = decodeTrace(encodeTrace(syntheticTrace({ iterations: 5000, row }), { points: 64 }));
    expect(length).toBeLessThanOrEqual(64);
  });
  test('layer records: first, last, and evenly spaced ones', () => {
    const at = (layers: number) => decodeTrace(encodeTrace(long, { layers })).layers.map(({ iteration }) => iteration);
    expect(at(64)).toHaveLength(64);
    // 19,999 / 4 · k, rounded
    expect(at(5)).toEqual([0, 5000, 10_000, 14_999, 19_999]);
    expect(at(1)).toEqual([19_999]);
    expect(at(0)).toEqual([]);
  });
  test('the same bytes for the same trace', () => {
    expect(encodeTrace(broken())).toEqual(encodeTrace(broken()));
  });
});

describe('refused', () => {
  const bytes = encodeTrace(broken());
  test.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(), /trace: 0 bytes are no encoded trace/],
    ['something else', new Uint8Array(64), /it is no encoded trace, or was written by another version/],
    ['a piece', bytes.subarray(0, bytes.length - 4), /it has \d+ bytes instead of \d+/],
    ['a broken number', bytes.subarray(0, bytes.length - 1), /bytes are no encoded trace/],
  ])('%s', (_, piece, problem) => {
    expect(() => decodeTrace(piece)).toThrow(DataError);
    expect(() => decodeTrace(piece)).toThrow(problem);
  });
});
