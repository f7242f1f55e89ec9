import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { toCsv, toJson } from '../../../src/cli/json.ts';
import { nearest } from '../../../src/cli/nearest.ts';
import { formatSeconds } from '../../../src/cli/progress.ts';
import { pairs, table } from '../../../src/cli/table.ts';
import { shortest } from '../../../src/metrics/table-text.ts';

describe('nearest', () => {
  test.each([
    ['trian', 'train'],
    ['tran', 'train'],
    ['swepe', 'sweep'],
    ['AUDIT', 'audit'],
    ['inof', 'info'],
    ['zzz', undefined],
    ['', undefined],
  ])('%s means %s', (word, meant) => {
    expect(nearest(word, ['train', 'sweep', 'audit', 'info'])).toBe(meant);
  });
  test('of nothing is nothing', () => {
    expect(nearest('a', [])).toBeUndefined();
  });
});

describe('numbers', () => {
  test.each([0.1, -2.345678, 1e-30, 3.4028234663852886e38, 1 / 3, 5e-324, 123456.78])('%d keeps its float32 value', (x) => {
    const rounded = Math.fround(x);
    expect(Math.fround(shortest(rounded))).toBe(rounded);
    expect(String(shortest(rounded)).length).toBeLessThanOrEqual(String(rounded).length);
  });
  test('0.1 as float32 is 0.1, as a double it is left alone, whole numbers too', () => {
    expect(shortest(Math.fround(0.1))).toBe(0.1);
    expect(shortest(1 / 3)).toBe(1 / 3);
    expect(shortest(2 ** 31)).toBe(2 ** 31);
  });
});

test('JSON has strings for what is not finite', () => {
  const text = toJson({ a: Number.NaN, b: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], c: 1, d: null });
  expect(JSON.parse(text)).toEqual({ a: 'NaN', b: ['Infinity', '-Infinity'], c: 1, d: null });
  expect(text.endsWith('}\n')).toBe(true);
});

test('CSV quotes what it must', () => {
  expect(
    toCsv(
      ['a', 'b'],
      [
        ['x,y', 1.5],
        ['say "hi"', Number.NaN],
        ['two\nlines', Number.NEGATIVE_INFINITY],
      ],
    ),
  ).toBe('a,b\n"x,y",1.5\n"say ""hi""",NaN\n"two\nlines",-Infinity\n');
});

test('columns are as wide as their widest cell, colours not counted', () => {
  const text = table(
    ['a', 'number'],
    [
      ['long', '1'],
      ['\x1b[31mx\x1b[39m', '22'],
    ],
    'lr',
  );
  expect(stripVTControlCharacters(text)).toBe('a     number\nlong       1\nx         22\n');
  expect(
    stripVTControlCharacters(
      pairs([
        ['a', '1'],
        ['long', '2'],
      ]),
    ),
  ).toBe('a     1\nlong  2\n');
});

test.each([
  [0.4, '0:00'],
  [67, '1:07'],
  [3599.6, '1:00:00'],
  [7384, '2:03:04'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});
