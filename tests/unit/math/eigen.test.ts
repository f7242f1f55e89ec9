import { describe, expect, test } from 'vitest';
import { eigenvalues, gelfandRadius, largestSingularValue, spectralRadius } from '../../../src/math/eigen.ts';
import { orthonormalColumns } from '../../../src/math/orthogonal.ts';
import { normals, PURPOSE } from '../../../src/math/philox.ts';

type Matrix = Float64Array;

const matrix = (n: number, at: (i: number, j: number) => number): Matrix =>
  Float64Array.from({ length: n * n }, (_, k) => at(Math.floor(k / n), k % n));

const gaussian = (n: number, seed: number, columns = n) =>
  Float64Array.from(normals(seed, PURPOSE.weights, 0, n * columns, 1 / Math.sqrt(n)));

const orthogonal = (n: number, seed: number) => orthonormalColumns(normals(seed, PURPOSE.noise, 0, n * n, 1), n, n);

const transpose = (a: Matrix, n: number) => matrix(n, (i, j) => a[j * n + i]);

function product(a: Matrix, b: Matrix, n: number): Matrix {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let k = 0; k < n; k++) for (let j = 0; j < n; j++) out[i * n + j] += a[i * n + k] * b[k * n + j];
  return out;
}

/** Qᵀ A Q. */
const turned = (a: Matrix, n: number, seed: number) => {
  const q = orthogonal(n, seed);
  return product(product(transpose(q, n), a, n), q, n);
};

/** The columns of the identity in another order. */
const shuffled = (a: Matrix, n: number, step: number) => matrix(n, (i, j) => a[((i * step) % n) * n + ((j * step) % n)]);

const jordan = (n: number, lambda: number) => matrix(n, (i, j) => (i === j ? lambda : Number(j === i + 1)));

/** Companion matrix of xⁿ − Σ c_k x^k. */
const companion = (c: readonly number[]) => matrix(c.length, (i, j) => (j === c.length - 1 ? c[i] : Number(i === j + 1)));

/**
 * Backward error of n reflections on each side and about 3 n QR steps, relative to ‖A‖_F: Higham 2002, lemma 19.3, has γ of a small
 * multiple of n per reflection in the worst case, √ of that where errors are independent. For normal matrices it is the error of
 * the eigenvalues (Bauer, Fike 1960), too.
 */
const backward = (n: number) => 16 * n * Number.EPSILON;

const moduli = (a: ArrayLike<number>, n: number) => {
  const all = eigenvalues(a, n);
  if (all === undefined) throw new Error('no convergence');
  return Array.from(all.real, (re, i) => Math.hypot(re, all.imaginary[i])).sort((x, y) => x - y);
};

describe('eigenvalues and spectralRadius: known matrices', () => {
  test.each([2, 3, 5, 33, 64])('g Q, n = %i: every modulus is g', (n) => {
    const q = orthogonal(n, n);
    const found = moduli(
      q.map((x) => 1.1 * x),
      n,
    );
    // ‖Q‖_F = √n.
    expect(Math.abs(found[0] - 1.1)).toBeLessThan(Math.sqrt(n) * backward(n));
    expect(Math.abs(found[n - 1] - 1.1)).toBeLessThan(Math.sqrt(n) * backward(n));
  });

  test('a rotation: cos θ ± i sin θ', () => {
    const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
    const all = eigenvalues(
      matrix(2, (i, j) => (i === j ? c : i < j ? -s : s)),
      2,
    );
    expect([...(all?.real ?? [])]).toEqual([expect.closeTo(c, 14), expect.closeTo(c, 14)]);
    expect([...(all?.imaginary ?? [])]).toEqual([expect.closeTo(s, 14), expect.closeTo(-s, 14)]);
  });

  test.each([3, 4, 7, 12, 64])('a cyclic permutation of %i: QR steps without shifts would go round for ever', (n) => {
    const found = moduli(companion([1, ...Array<number>(n - 1).fill(0)]), n);
    expect(Math.abs(found[0] - 1)).toBeLessThan(Math.sqrt(n) * backward(n));
    expect(Math.abs(found[n - 1] - 1)).toBeLessThan(Math.sqrt(n) * backward(n));
  });

  test('two cycles and what hangs on them: 1, −1 and ±i, some of them twice, take a hundred steps', () => {
    // A found matrix of 0 and 1; the numbers are the columns of the ones in each row.
    const rows = [[2], [4, 10], [], [2, 10], [5, 10], [0, 11], [2, 10], [2, 9], [4], [2, 7, 8], [], [8]];
    const found = moduli(
      matrix(12, (i, j) => Number(rows[i].includes(j))),
      12,
    );
    [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1].forEach((modulus, k) => {
      // 1 and −1 are there twice and defective: the root of the error.
      expect(Math.abs(found[k] - modulus)).toBeLessThan(Math.sqrt(Math.sqrt(20) * backward(12)));
    });
  });

  test('companion matrices: x² − x − 1 has the golden ratio, (x − 1)(x + 2)(x − 3)(x² + 16) the pair ±4i', () => {
    expect(spectralRadius(companion([1, 1]), 2)).toBeCloseTo((1 + Math.sqrt(5)) / 2, 15);
    // (x³ − 2x² − 5x + 6)(x² + 16) = x⁵ − 2x⁴ + 11x³ − 26x² − 80x + 96; roots 2 and more apart: conditions below 100.
    const found = moduli(companion([-96, 80, 26, -11, 2]), 5);
    [1, 2, 3, 4, 4].forEach((root, i) => {
      expect(Math.abs(found[i] - root)).toBeLessThan(100 * 130 * backward(5));
    });
  });

  test('second differences: 2 cos(kπ/(n + 1))', () => {
    const n = 40;
    const all = eigenvalues(
      matrix(n, (i, j) => Number(Math.abs(i - j) === 1)),
      n,
    );
    const real = [...(all?.real ?? [])].sort((x, y) => y - x);
    real.forEach((value, k) => {
      // ‖A‖_F = √(2n).
      expect(Math.abs(value - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)))).toBeLessThan(Math.sqrt(2 * n) * backward(n));
    });
    expect(Math.max(...(all?.imaginary ?? [1]).map(Math.abs))).toBeLessThan(Math.sqrt(2 * n) * backward(n));
  });

  test.each([1, 2, 8, 64])('Jordan blocks of size %i, upper, lower and shuffled, have their eigenvalue exactly', (n) => {
    for (const a of [jordan(n, 2), transpose(jordan(n, 2), n), shuffled(jordan(n, 2), n, n + 3)]) {
      expect(spectralRadius(a, n)).toBe(2);
      expect(moduli(a, n)).toEqual(Array<number>(n).fill(2));
    }
    expect(spectralRadius(jordan(n, 0), n)).toBe(0);
  });

  test('a defective matrix that is not triangular: an error ε turns into ε^(1/n)', () => {
    const n = 3;
    const a = turned(jordan(n, 2), n, 5);
    // ‖A‖_F = √14, and the product Qᵀ A Q has an error of its own: 2 n ε each time. |λ − 2|ⁿ ≤ ‖E‖ (1 + |λ − 2| + …) ≤ 2 ‖E‖.
    const error = Math.abs(spectralRadius(a, n) - 2);
    expect(error).toBeLessThan((2 * Math.sqrt(14) * (backward(n) + 4 * n * Number.EPSILON)) ** (1 / n));
  });

  test('no rows, one element, zeros', () => {
    expect(spectralRadius([], 0)).toBe(0);
    expect(spectralRadius([-3], 1)).toBe(3);
    expect(spectralRadius(new Float32Array(25), 5)).toBe(0);
    expect(gelfandRadius(new Float32Array(25), 5)).toBe(0);
  });

  test('real matrices in float32 are taken as they are', () => {
    expect(spectralRadius(Float32Array.of(0, 4, 1, 0), 2)).toBe(2);
  });
});

describe('eigenvalues and spectralRadius: scale', () => {
  const n = 12;
  const a = gaussian(n, 3);
  const rho = spectralRadius(a, n);

  test.each([-1040, -500, 300, 1000])('times 2^%i', (exponent) => {
    const half = exponent / 2;
    const scaled = a.map((x) => x * 2 ** half * 2 ** half);
    // Denormal numbers have few digits: 2^-1074 of 2^-1040 are 2^-34 of an element.
    const lost = exponent < -1000 ? n * 2 ** (-1075 - exponent) : 0;
    expect(Math.abs(spectralRadius(scaled, n) / 2 ** half / 2 ** half / rho - 1)).toBeLessThan(10 * backward(n) + 100 * lost);
  });

  test('D⁻¹ A D with D from 1 to 2^440 has the same eigenvalues, because balancing undoes it', () => {
    const scaled = matrix(n, (i, j) => a[i * n + j] * 2 ** (40 * (j - i)));
    expect(Math.abs(spectralRadius(scaled, n) / rho - 1)).toBeLessThan(20 * backward(n));
    expect(spectralRadius([0, 1e300, 1e-300, 0], 2)).toBeCloseTo(1, 14);
    // ρ of what is 1 beside and between 1e±200: without balancing the 1 would drown.
    expect(spectralRadius([1, 1e200, 1e-200, 1], 2)).toBeCloseTo(2, 14);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%d in any place gives NaN', (value) => {
    for (const k of [0, 5, n * n - 1]) {
      const broken = Float64Array.from(a);
      broken[k] = value;
      expect(spectralRadius(broken, n)).toBeNaN();
      expect(gelfandRadius(broken, n)).toBeNaN();
      expect(largestSingularValue(broken, n, n)).toBeNaN();
    }
    expect(spectralRadius([1, 0, 0, value], 2)).toBeNaN();
    expect(spectralRadius([1, value, 0, 1], 2)).toBeNaN();
  });

  test('a matrix of another size is refused', () => {
    expect(() => spectralRadius(new Float64Array(5), 2)).toThrow('a 2 × 2 matrix has 4 elements, not 5');
    expect(() => gelfandRadius(new Float64Array(5), 2)).toThrow('not 5');
    expect(() => largestSingularValue(new Float64Array(5), 2, 3)).toThrow('a 2 × 3 matrix has 6 elements, not 5');
  });
});

describe('eigenvalues and spectralRadius: random matrices', () => {
  const n = 256;
  const a = gaussian(n, 7);
  const found = moduli(a, n);
  const inside = (radius: number) => found.filter((r) => r < radius).length;

  test('the circular law: n r² eigenvalues within r, and the outermost near 1 (Girko 1984; Ginibre 1965)', () => {
    for (const r of [0.3, 0.5, 0.7, 0.9]) {
      // A count within r of complex Ginibre matrices has variance r √(n/π) (Rider 2004; eigenvalues repel); of real ones, which
      // come in pairs, twice that at most. Four deviations, and 1 for the real axis.
      expect(Math.abs(inside(r) - n * r * r)).toBeLessThan(4 * Math.sqrt(2 * r * Math.sqrt(n / Math.PI)) + 1);
    }
    // Squared moduli are as independent Gamma(k)/n, k ≤ n (Kostlan 1992; the edge of real matrices: Rider, Sinclair 2014), so that
    // the outermost modulus has deviations of 1/(2 √n) around 1: six of them.
    expect(Math.abs(found[n - 1] - 1)).toBeLessThan(3 / Math.sqrt(n));
  });

  test('control: neither moduli spread evenly nor a tenth more variance would pass', () => {
    expect(Math.abs(inside(0.5) - n * 0.5)).toBeGreaterThan(4 * Math.sqrt(Math.sqrt(n / Math.PI)) + 1);
    const wider = found.filter((r) => r * Math.sqrt(1.1) < 0.9).length;
    expect(Math.abs(wider - n * 0.81)).toBeGreaterThan(4 * Math.sqrt(1.8 * Math.sqrt(n / Math.PI)) + 1 - 8);
  });

  test('Σ λ is the trace and Σ λ² that of A²', () => {
    const all = eigenvalues(a, n);
    if (all === undefined) throw new Error('no convergence');
    let [trace, square] = [0, 0];
    for (let i = 0; i < n; i++) {
      trace += a[i * n + i] - all.real[i];
      square += all.imaginary[i] ** 2 - all.real[i] ** 2;
      for (let j = 0; j < n; j++) square += a[i * n + j] * a[j * n + i];
    }
    // The trace of the error is at most √n ‖E‖_F, with ‖A‖_F = √n; that of 2 A E is at most 2 ‖A‖_F ‖E‖_F.
    expect(Math.abs(trace)).toBeLessThan(n * backward(n));
    expect(Math.abs(square)).toBeLessThan(2 * n * backward(n));
  });

  test.each([1, 2, 3, 4])('transposed, turned and bounded by σ_max, seed %i', (seed) => {
    const m = 24;
    const b = gaussian(m, seed);
    const rho = spectralRadius(b, m);
    // Conditions of the eigenvalues of random matrices are about √m and seldom ten times that; ‖A‖_F = √m.
    const close = 10 * m * backward(m);
    expect(Math.abs(spectralRadius(transpose(b, m), m) - rho)).toBeLessThan(close);
    expect(Math.abs(spectralRadius(turned(b, m, 20 + seed), m) - rho)).toBeLessThan(close);
    expect(largestSingularValue(b, m, m)).toBeGreaterThan(rho);
    // Control: another matrix has another radius.
    expect(Math.abs(spectralRadius(gaussian(m, seed + 10), m) - rho)).toBeGreaterThan(100 * close);
  });
});

describe('Gelfand’s formula, which stands in where QR steps run out', () => {
  test.each([
    ['Gaussian', gaussian(24, 9), 24],
    ['orthogonal', orthogonal(24, 9), 24],
    ['badly scaled', matrix(6, (i, j) => gaussian(6, 9)[i * 6 + j] * 2 ** (60 * (i - j))), 6],
  ])('%s', (_, a, n) => {
    const rho = spectralRadius(a, n);
    expect(eigenvalues(a, n, 0)).toBeUndefined();
    const found = spectralRadius(a, n, 0);
    expect(found).toBe(gelfandRadius(a, n));
    // At most (√n κ)^(1/N) with κ below 1e4, and rounding below.
    expect(found / rho - 1).toBeGreaterThan(-1e-12);
    expect(found / rho - 1).toBeLessThan(Math.log(1e4 * Math.sqrt(n)) / 2 ** 20);
    // Control: few squarings give an upper bound that is visibly one.
    expect(gelfandRadius(a, n, 2) / rho - 1).toBeGreaterThan(0.01);
  });

  test('a defective matrix: the norm of its power, N² larger than that of its eigenvalue', () => {
    const N = 2 ** 8;
    // J^N = 2^N (1, N/2, N(N − 1)/8) along the diagonals; turning keeps its norm, balancing may change that by a factor of 2.
    const expected = 2 * Math.sqrt(3 + 2 * (N / 2) ** 2 + ((N * (N - 1)) / 8) ** 2) ** (1 / N);
    const close = 2 * (2 ** (1 / N) - 1);
    expect(Math.abs(gelfandRadius(turned(jordan(3, 2), 3, 5), 3, 8) - expected)).toBeLessThan(close);
    expect(expected - 2).toBeGreaterThan(10 * close);
    // (ε N)^(1/3) with N = 2^20 is 6e-4.
    expect(Math.abs(gelfandRadius(turned(jordan(3, 2), 3, 5), 3) / 2 - 1)).toBeLessThan(4 * 6e-4);
  });

  test('eigenvalues that stand alone count', () => {
    expect(gelfandRadius([5, 1, 2, 0, 0, 1, 0, 1, 0], 3)).toBe(5);
  });
});

describe('largestSingularValue', () => {
  test('diagonal, one element, none', () => {
    expect(
      largestSingularValue(
        matrix(5, (i, j) => (i === j ? (i - 3) * 2 : 0)),
        5,
        5,
      ),
    ).toBeCloseTo(6, 14);
    expect(largestSingularValue([-7], 1, 1)).toBeCloseTo(7, 14);
    expect(largestSingularValue([], 0, 3)).toBe(0);
    expect(largestSingularValue(new Float32Array(12), 3, 4)).toBe(0);
  });

  test.each([
    [1, 9],
    [9, 1],
    [4, 7],
    [7, 4],
    [30, 29],
  ])('u vᵀ of %i rows and %i columns: ‖u‖ ‖v‖', (rows, columns) => {
    const [u, v] = [normals(1, PURPOSE.noise, 0, rows, 1), normals(1, PURPOSE.noise, 1, columns, 1)];
    const a = Float64Array.from({ length: rows * columns }, (_, k) => u[Math.floor(k / columns)] * v[k % columns]);
    const expected = Math.hypot(...u) * Math.hypot(...v);
    expect(Math.abs(largestSingularValue(a, rows, columns) / expected - 1)).toBeLessThan(backward(rows + columns));
  });

  test('g Q has g, and a Jordan block more than its eigenvalue', () => {
    const n = 33;
    const q = orthogonal(n, 1).map((x) => 0.95 * x);
    expect(Math.abs(largestSingularValue(q, n, n) / 0.95 - 1)).toBeLessThan(backward(2 * n));
    // [[1, 1], [0, 1]]: σ² + σ⁻² = 3.
    expect(largestSingularValue(jordan(2, 1), 2, 2)).toBeCloseTo((1 + Math.sqrt(5)) / 2, 14);
  });

  test.each([
    [20, 20],
    [12, 31],
    [31, 12],
  ])('%i × %i: the root of the spectral radius of AᵀA; the same transposed; at most ‖A‖_F', (rows, columns) => {
    const a = gaussian(rows, 4, columns);
    const gram = matrix(columns, (i, j) => {
      let sum = 0;
      for (let k = 0; k < rows; k++) sum += a[k * columns + i] * a[k * columns + j];
      return sum;
    });
    const sigma = largestSingularValue(a, rows, columns);
    // Errors are relative to ‖AᵀA‖_F ≤ √columns σ², those of σ half of them.
    const close = Math.sqrt(columns) * backward(columns);
    expect(Math.abs(Math.sqrt(spectralRadius(gram, columns)) / sigma - 1)).toBeLessThan(close);
    const flipped = Float64Array.from({ length: a.length }, (_, k) => a[(k % rows) * columns + Math.floor(k / rows)]);
    expect(Math.abs(largestSingularValue(flipped, columns, rows) / sigma - 1)).toBeLessThan(close);
    expect(sigma).toBeLessThan(Math.sqrt(a.reduce((sum, x) => sum + x * x, 0)));
  });

  test('a Gaussian matrix: 2 (Geman 1980)', () => {
    const n = 200;
    const sigma = largestSingularValue(gaussian(n, 5), n, n);
    // More than 2 + t has probability e^(−nt²/2) at most (Davidson, Szarek 2001): t = 4/√n. Below, deviations are of the order of
    // n^(−2/3) (Tracy, Widom 1996): four of them.
    expect(sigma).toBeLessThan(2 + 4 / Math.sqrt(n));
    expect(sigma).toBeGreaterThan(2 - 4 * n ** (-2 / 3));
  });

  test.each([-1040, -600, 600, 1000])('times 2^%i', (exponent) => {
    const a = gaussian(9, 6);
    const half = exponent / 2;
    const found = largestSingularValue(
      a.map((x) => x * 2 ** half * 2 ** half),
      9,
      9,
    );
    const lost = exponent < -1000 ? 9 * 2 ** (-1075 - exponent) : 0;
    const error = found / 2 ** half / 2 ** half / largestSingularValue(a, 9, 9) - 1;
    expect(Math.abs(error)).toBeLessThan(backward(9) + 10 * lost);
  });
});
