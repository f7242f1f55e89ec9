import { describe, expect, test } from 'vitest';
import { readSafetensors } from '../../../src/audit/safetensors.ts';
import { DataError } from '../../../src/model/errors.ts';

function file(header: unknown, data: Uint8Array = new Uint8Array(0), headerLength?: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength ?? text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}
const entry = (dtype: string, shape: number[], from: number, to: number) => ({ dtype, shape, data_offsets: [from, to] });
const words = (values: Float32Array | Int32Array) => new Uint8Array(values.buffer);

test('float32 and int32 tensors of any alignment are read', () => {
  // A header of odd length puts the data at an odd byte.
  for (const blanks of ['', ' ', '  ', '   ']) {
    const header = `${blanks}${JSON.stringify({ a: entry('F32', [1, 2], 0, 8), b: entry('I32', [2], 8, 16), __metadata__: { by: 'x' } })}`;
    const data = new Uint8Array([...words(Float32Array.of(1.5, -2)), ...words(Int32Array.of(7, -8))]);
    const tensors = readSafetensors(file(header, data), 'f');
    expect([...tensors.keys()]).toEqual(['a', 'b']);
    expect(tensors.get('a')).toEqual({ shape: [1, 2], data: Float32Array.of(1.5, -2) });
    expect(tensors.get('b')).toEqual({ shape: [2], data: Int32Array.of(7, -8) });
  }
});

test('a view into a larger buffer is read from its own start', () => {
  const bytes = file({ a: entry('F32', [1], 0, 4) }, words(Float32Array.of(3)));
  const larger = new Uint8Array(bytes.length + 5);
  larger.set(bytes, 5);
  expect(readSafetensors(larger.subarray(5), 'f').get('a')?.data).toEqual(Float32Array.of(3));
});

test('a scalar and an empty tensor have their sizes', () => {
  const tensors = readSafetensors(file({ s: entry('F32', [], 0, 4), e: entry('F32', [0, 3], 4, 4) }, new Uint8Array(4)), 'f');
  expect([tensors.get('s')?.data.length, tensors.get('e')?.data.length]).toEqual([1, 0]);
});

describe('refused with the reason', () => {
  test.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(0), /0 bytes, too few/],
    ['seven bytes', new Uint8Array(7), /7 bytes, too few/],
    [
      'a header longer than the file',
      file({}, new Uint8Array(0), 1000),
      /truncated or no safetensors file: its header should have 1000 bytes, 2 follow/,
    ],
    ['a header of 2^63 bytes', new Uint8Array([0, 0, 0, 0, 0, 0, 0, 128, 1]), /its header should have 9223372036854775808 bytes/],
    ['a header that is no JSON', file('{"a"'), /not JSON/],
    ['a header that is no UTF-8', new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0, 255, 255]), /not JSON/],
    ['a header that is null', file('null'), /no JSON object/],
    ['an entry without offsets', file({ a: { dtype: 'F32', shape: [1] } }), /entry of "a"/],
    ['a negative size', file({ a: entry('F32', [-1], 0, 4) }, new Uint8Array(4)), /entry of "a"/],
    ['a fractional offset', file({ a: entry('F32', [1], 0.5, 4.5) }, new Uint8Array(5)), /entry of "a"/],
    ['float64', file({ a: entry('F64', [1], 0, 8) }, new Uint8Array(8)), /"a" is F64; save tensors as float32/],
    [
      'offsets that do not fit the shape',
      file({ a: entry('F32', [2], 0, 4) }, new Uint8Array(4)),
      /"a" of shape \[2\] needs 8 bytes, its data_offsets span 4/,
    ],
    ['offsets in reverse', file({ a: entry('F32', [1], 4, 0) }, new Uint8Array(4)), /span -4/],
    ['a tensor beyond the end', file({ a: entry('F32', [2], 0, 8) }, new Uint8Array(7)), /truncated: tensor "a" ends at byte/],
    ['bytes after the last tensor', file({ a: entry('F32', [1], 0, 4) }, new Uint8Array(5)), /1 bytes follow its last tensor/],
  ])('%s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes, 'f.safetensors')).toThrow(DataError);
    expect(() => readSafetensors(bytes, 'f.safetensors')).toThrow(message);
    expect(() => readSafetensors(bytes, 'f.safetensors')).toThrow(/^f\.safetensors: /);
  });
});
