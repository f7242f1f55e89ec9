import { describe, expect, test } from 'vitest';
import { normals, orderKey, PURPOSE, permute, philox, uniforms } from '../../../src/math/philox.ts';

describe('philox', () => {
  // Random123 1.14, tests/kat_vectors, philox2x32 10 rounds.
  test.each([
    [0, 0, 0, 0xff1dae59, 0x6cd10df2],
    [0xffffffff, 0xffffffff, 0xffffffff, 0x2c3f628b, 0xab4fd7ad],
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0xdd7ce038, 0xf62a4c12],
  ])('gives the published answer for counter %i, %i, key %i', (c0, c1, key, x0, x1) => {
    expect(philox(c0, c1, key)).toEqual([x0, x1]);
  });

  test('takes negative numbers as their unsigned words', () => {
    expect(philox(-1, -1, -1)).toEqual(philox(0xffffffff, 0xffffffff, 0xffffffff));
  });
});

describe('permute', () => {
  const range = (n: number) => Array.from({ length: n }, (_, i) => i);
  const order = (n: number, key: number) => range(n).map((i) => permute(i, n, key));

  // Around powers of two, where the cycle walk's mask changes, and the sizes of the data sets.
  test.each([1, 2, 3, 4, 5, 7, 8, 9, 63, 64, 65, 142, 456, 1415, 10_000])('is a bijection of 0…%i - 1', (n) => {
    for (const key of [0, 1, 0x80000000, 0xffffffff, orderKey(7, 3)]) {
      expect(order(n, key).sort((a, b) => a - b)).toEqual(range(n));
    }
  });

  test('depends on seed and epoch', () => {
    const epochs = [0, 1, 2].map((epoch) => order(100, orderKey(1, epoch)).join());
    expect(new Set([...epochs, order(100, orderKey(2, 0)).join()]).size).toBe(4);
  });

  test('leaves no position more often than chance does', () => {
    // Over K = 2000 keys, position 0 of n = 10 goes to each place K/10 = 200 times on average, with standard deviation
    // √(2000 · 0.1 · 0.9) = 13.4; ten places, so 5 deviations = 67 are beyond a chance of 1e-5, and the keys are fixed.
    const counts = new Array<number>(10).fill(0);
    for (let k = 0; k < 2000; k++) counts[permute(0, 10, orderKey(k, 0))]++;
    for (const count of counts) expect(Math.abs(count - 200)).toBeLessThan(67);
  });
});

const N = 40_000;
const moment = (x: Float32Array, power: number) => x.reduce((sum, value) => sum + value ** power, 0) / x.length;

describe('normals', () => {
  const x = normals(11, PURPOSE.weights, 3, N, 2);

  test('have the mean, variance and kurtosis of N(0, std²)', () => {
    // Standard errors of n draws from N(0, 4): mean 2/√n, variance 4 √(2/n), fourth moment 16 √(96/n); five of each.
    expect(Math.abs(moment(x, 1))).toBeLessThan((5 * 2) / Math.sqrt(N));
    expect(Math.abs(moment(x, 2) - 4)).toBeLessThan(5 * 4 * Math.sqrt(2 / N));
    expect(Math.abs(moment(x, 4) - 3 * 16)).toBeLessThan(5 * 16 * Math.sqrt(96 / N));
  });

  test('are independent in neighbours, seeds, purposes and tensors', () => {
    const others = [
      normals(12, PURPOSE.weights, 3, N, 2),
      normals(11, PURPOSE.noise, 3, N, 2),
      normals(11, PURPOSE.weights, 4, N, 2),
      x.slice(1),
      x.slice(2),
    ];
    for (const other of others) {
      // The mean product of two independent N(0, 4) has standard error 4/√n; five of them.
      const products = other.map((value, i) => value * x[i]);
      expect(Math.abs(moment(products, 1))).toBeLessThan((5 * 4) / Math.sqrt(N - 2));
    }
  });

  test('a shorter draw is the start of a longer one, odd lengths too', () => {
    for (const n of [1, 2, 3, 7]) expect(normals(11, PURPOSE.weights, 3, n, 2)).toEqual(x.slice(0, n));
  });
});

describe('uniforms', () => {
  test('fill (-bound, bound) evenly', () => {
    const x = uniforms(5, PURPOSE.weights, 1, N, 3);
    // U(-3, 3): variance 3, fourth moment 81/5; standard errors √(3/n) and √((81/5 - 9)/n).
    expect(Math.abs(moment(x, 1))).toBeLessThan(5 * Math.sqrt(3 / N));
    expect(Math.abs(moment(x, 2) - 3)).toBeLessThan(5 * Math.sqrt(7.2 / N));
    expect(Math.max(...x)).toBeLessThanOrEqual(3);
    expect(Math.min(...x)).toBeGreaterThanOrEqual(-3);
    // The largest of n draws misses the bound by about 6/n; twenty times that has probability e^-20.
    expect(Math.max(...x)).toBeGreaterThan(3 - 120 / N);
    expect(uniforms(5, PURPOSE.weights, 1, 5, 3)).toEqual(x.slice(0, 5));
  });
});
