import { expect, test } from 'vitest';
import { formatBytes, formatCounted } from '../../../src/metrics/format.ts';
import { formatDuration, formatRate, formatSetting, formatTick } from '../../../src/ui/format.ts';

test('settings read as they would be typed', () => {
  expect([0.01, 4, 1e-5, 0, 0.001, 1e6, 2.5e-7, 0.1 + 0.2].map(formatSetting)).toEqual([
    '0.01',
    '4',
    '1e-5',
    '0',
    '0.001',
    '1e6',
    '2.5e-7',
    '0.3',
  ]);
});

test('every written setting is the number again', () => {
  for (const x of [1e-12, 3.3e-4, 0.5, 12.25, 99_999, 1e7]) expect(Number(formatSetting(x))).toBe(x);
});

test('ticks of a log axis', () => {
  expect([0, 1, 3, 6, -2, -3, -300, 400].map(formatTick)).toEqual([
    '1',
    '10',
    '1000',
    '1e+6',
    '0.01',
    '1e−3',
    '1e−300',
    '1e+400',
  ]);
  expect(formatTick(Math.log10(2e-9))).toBe('2e−9');
  expect(formatTick(Math.log10(0.5))).toBe('0.5');
});

test('durations in the unit a reader would use', () => {
  expect([1.44, 20, 200, 7500, Number.POSITIVE_INFINITY].map(formatDuration)).toEqual([
    '1.4 s',
    '20 s',
    '3 min',
    '2 h 5 min',
    'unknown',
  ]);
});

test('bytes and rates', () => {
  expect([12, 4.1e6, 999_600, 130e6].map(formatBytes)).toEqual(['12 B', '4.1 MB', '1 MB', '130 MB']);
  expect([1284, 3.26].map(formatRate)).toEqual(['1,284 it/s', '3.3 it/s']);
});

test('what is counted is one, or several', () => {
  expect([0, 1, 1782].map((n) => formatCounted(n, 'row'))).toEqual(['0 rows', '1 row', '1,782 rows']);
});
