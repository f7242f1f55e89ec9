/** Element by element comparison of tensors, with the elements named that differ. */
import { bitsFloat } from '../../src/math/norm-pair.ts';
import { pairOf } from './records.ts';
import { gamma } from './tolerance.ts';

export type Words = Float32Array | Uint32Array;
/** Absolute: one for all elements, or by logical index. */
export type Tolerance = number | ((i: number) => number);

const MOST_SHOWN = 5;

/** Equal numbers, equal infinities and NaN beside NaN are close; NaN as a tolerance allows nothing. */
export function isClose(a: number, b: number, tolerance: number): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b);
  return a === b || Math.abs(a - b) <= tolerance;
}

/**
 * Elements further apart than the tolerance, as `z[0,2,1] = 1, the twin's is 2, tolerance 1e-7`.
 *
 * @param counts of the dimensions, outermost first
 */
export function differences(
  name: string,
  counts: readonly number[],
  gpu: ArrayLike<number>,
  cpu: ArrayLike<number>,
  tolerance: Tolerance,
): string[] {
  const found: string[] = [];
  for (let i = 0; i < gpu.length; i++) {
    const allowed = typeof tolerance === 'number' ? tolerance : tolerance(i);
    if (isClose(gpu[i], cpu[i], allowed)) continue;
    found.push(`${name}[${indices(counts, i)}] = ${gpu[i]}, the twin's is ${cpu[i]}, tolerance ${allowed}`);
  }
  if (found.length <= MOST_SHOWN) return found;
  return [...found.slice(0, MOST_SHOWN), `and ${found.length - MOST_SHOWN} more of ${gpu.length} elements of ${name}`];
}

function indices(counts: readonly number[], i: number): string {
  let rest = i;
  const list: number[] = [];
  for (const count of [...counts].reverse()) {
    list.unshift(rest % count);
    rest = Math.floor(rest / count);
  }
  return list.join(',');
}

/**
 * Norm pairs that do not describe these cells of at most 16 numbers each: the largest magnitude's bits and the count must be
 * exact, the sum of 16 squares within its roundings.
 *
 * @param roundings of the sum, besides the twin's
 */
export function wrongPairs(name: string, pairs: Words, cells: readonly ArrayLike<number>[], roundings = 16): string[] {
  const words = new Uint32Array(pairs.buffer, pairs.byteOffset, pairs.length);
  const floats = new Float32Array(words.buffer, words.byteOffset, words.length);
  return cells.flatMap((cell, k) => {
    const expected = pairOf(...Array.from(cell));
    const sum = bitsFloat(expected[1]);
    const finite = expected[0] < 0x7f800000;
    const sumIsRight = finite ? isClose(floats[2 * k + 1], sum, gamma(roundings) * sum) : words[2 * k + 1] === expected[1];
    if (words[2 * k] === expected[0] && sumIsRight) return [];
    return [`${name}[${k}] = (${words[2 * k]}, ${words[2 * k + 1]}), must be (${expected[0]}, ${expected[1]})`];
  });
}

/** The 4×4 tiles of (R, rows, columns), rows and columns multiples of 4, in the order of the linear kernels' pairs. */
export function tilesOf(values: ArrayLike<number>, base: number, rows: number, columns: number): number[][] {
  const tiles: number[][] = [];
  for (let row = 0; row < rows; row += 4) {
    for (let column = 0; column < columns; column += 4) {
      tiles.push(Array.from({ length: 16 }, (_, k) => values[base + (row + Math.floor(k / 4)) * columns + column + (k % 4)]));
    }
  }
  return tiles;
}
