import { expect, test } from 'vitest';
import { fnv1a64 } from '../../../src/math/fnv.ts';

test.each([
  // Test vectors of FNV-1a with 64 bits in draft-eastlake-fnv.
  ['', 'cbf29ce484222325'],
  ['a', 'af63dc4c8601ec8c'],
  ['foobar', '85944171f73967e8'],
])('"%s" is %s', (text, hash) => {
  expect(fnv1a64(text)).toBe(hash);
});

test('is the 64-bit product, for texts beyond ASCII too', () => {
  const text = Array.from({ length: 500 }, (_, k) => String.fromCodePoint(0x20 + 37 * k)).join('');
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  expect(fnv1a64(text)).toBe(hash.toString(16).padStart(16, '0'));
});
