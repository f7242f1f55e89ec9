import { describe, expect, test } from 'vitest';
import { orthonormalColumns } from '../../../src/math/orthogonal.ts';
import { normals, PURPOSE } from '../../../src/math/philox.ts';

/** Largest deviation of QᵀQ from the identity. */
function deviation(q: Float64Array, m: number, n: number): number {
  let largest = 0;
  for (let a = 0; a < n; a++) {
    for (let b = 0; b <= a; b++) {
      let product = 0;
      for (let i = 0; i < m; i++) product += q[a * m + i] * q[b * m + i];
      largest = Math.max(largest, Math.abs(product - Number(a === b)));
    }
  }
  return largest;
}

describe('orthonormalColumns', () => {
  // 4 columns share a pass.
  test.each([
    [1, 1],
    [3, 3],
    [4, 4],
    [5, 5],
    [9, 2],
    [6, 5],
    [130, 67],
  ])('%i numbers in each of the %i columns: QᵀQ is 1 in double precision', (m, n) => {
    const q = orthonormalColumns(normals(1, PURPOSE.weights, 0, m * n, 1), m, n);
    // Higham 2002, lemmas 19.2 and 19.3: applying one reflection errs by γ of about 6 m + 13 relative to the column, and there are n.
    expect(deviation(q, m, n)).toBeLessThan(2 * n * (6 * m + 13) * 2 ** -53);
  });

  test('the first column has the direction of the first column of normal numbers', () => {
    const [m, n] = [7, 3];
    const x = normals(2, PURPOSE.weights, 0, m * n, 1);
    const q = orthonormalColumns(x, m, n);
    const length = Math.hypot(...x.slice(0, m));
    for (let i = 0; i < m; i++) expect(q[i]).toBeCloseTo(x[i] / length, 14);
  });

  test('zeros, which have no direction, still give orthonormal columns', () => {
    expect(deviation(orthonormalColumns(new Float32Array(12), 4, 3), 4, 3)).toBe(0);
  });

  test('more columns than numbers are refused', () => {
    expect(() => orthonormalColumns(new Float32Array(6), 2, 3)).toThrow('3 columns of 2 numbers');
  });
});
