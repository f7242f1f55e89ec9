import { expect, test } from 'vitest';
import { inBatches } from '../../../src/engine/gpu/session.ts';
import { joined, ringRanges } from '../../../src/sweep/ring.ts';

const RING = { buffer: 3, offset: 64, words: 24 };
// Seven slots of three words: the range is longer, by padding.
const SLOTS = { slots: 7, words: 3 };

test('slots of a ring are one range, or two where it comes to its end', () => {
  expect(ringRanges(RING, SLOTS, 2, 4)).toEqual([{ buffer: 3, offset: 70, words: 12 }]);
  expect(ringRanges(RING, SLOTS, 9, 5)).toEqual([{ buffer: 3, offset: 70, words: 15 }]);
  expect(ringRanges(RING, SLOTS, 12, 7)).toEqual([
    { buffer: 3, offset: 79, words: 6 },
    { buffer: 3, offset: 64, words: 15 },
  ]);
});

test('every slot comes once and in order, from wherever it starts', () => {
  for (let first = 0; first < 15; first++) {
    for (let count = 1; count <= 7; count++) {
      const slots = ringRanges(RING, SLOTS, first, count).flatMap(({ offset, words }) =>
        Array.from({ length: words / 3 }, (_, k) => (offset - 64) / 3 + k),
      );
      expect(slots).toEqual(Array.from({ length: count }, (_, k) => (first + k) % 7));
    }
  }
});

test('parts are joined in order', () => {
  expect(joined([Uint32Array.of(1, 2), new Uint32Array(0), Uint32Array.of(3)])).toEqual(Uint32Array.of(1, 2, 3));
});

test('what is read at once stays within a buffer of the device', () => {
  const range = (words: number) => ({ buffer: 0, offset: 0, words });
  expect(inBatches([4, 3, 1, 8, 2].map(range), 32).map((batch) => batch.map(({ words }) => words))).toEqual([
    [4, 3, 1],
    [8],
    [2],
  ]);
  expect(inBatches([], 32)).toEqual([]);
});
