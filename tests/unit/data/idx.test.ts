import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import digits8 from '../../../src/data/assets/digits8/digits8.json' with { type: 'json' };
import mnist from '../../../src/data/assets/mnist/mnist.json' with { type: 'json' };
import { gunzip, readIdx } from '../../../src/data/idx.ts';
import { dataErrorOf, readAsset } from './assets.ts';

// 4 bytes magic, 2 x 4 bytes sizes, 2 x 3 elements: 18 bytes.
const SMALL = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 10, 11, 12, 13, 14, 255);
const RESTORE = 'restore the file from the repository';

function changed(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
}

describe('readIdx', () => {
  it('returns the elements behind the header of an unpacked file', async () => {
    expect(Array.from(await readIdx('small', SMALL, [2, 3]))).toEqual([10, 11, 12, 13, 14, 255]);
  });

  it('reads the same elements when the bytes are a view into a larger buffer', async () => {
    const larger = new Uint8Array(5 + SMALL.length);
    larger.set(SMALL, 5);
    expect(Array.from(await readIdx('small', larger.subarray(5), [2, 3]))).toEqual([10, 11, 12, 13, 14, 255]);
  });

  it('reads a .gz file that a server has already unpacked', async () => {
    const file = 'digits8/digits8-test-labels.idx.gz';
    const packed = await readAsset(file);
    const unpacked = await gunzip(file, packed);
    const labels = await readIdx(file, packed, [382]);
    // The first form starts with 0…9 in order (data README, digits8).
    expect(Array.from(labels.subarray(0, 10))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await readIdx(file, unpacked, [382])).toEqual(labels);
  });

  it.each([
    // SMALL has 18 bytes, 12 of them header.
    [0, 'the file is empty'],
    [1, 'ends after 1 bytes, inside its header of 12 bytes'],
    [4, 'ends after 4 bytes, inside its header of 12 bytes'],
    [11, 'ends after 11 bytes, inside its header of 12 bytes'],
    [12, 'holds 0 elements, expected 6 for the shape 2×3'],
    [17, 'holds 5 elements, expected 6 for the shape 2×3'],
  ])('an unpacked file cut after %i bytes: %s', async (length, problem) => {
    const error = await dataErrorOf(() => readIdx('small.idx', SMALL.subarray(0, length), [2, 3]));
    expect(error.file).toBe('small.idx');
    expect(error.message).toBe(`small.idx: ${problem}; ${RESTORE}`);
  });

  it('refuses a byte after the last element', async () => {
    const error = await dataErrorOf(() => readIdx('small.idx', Uint8Array.of(...SMALL, 0), [2, 3]));
    expect(error.message).toContain('holds 7 elements, expected 6');
  });

  // The packed labels have 112 bytes: 10 of gzip header, the last 8 checksum and length.
  it.each([2, 9, 10, 56, 103, 104, 111])('a packed file cut after %i of its 112 bytes cannot be unpacked', async (length) => {
    const file = 'digits8/digits8-test-labels.idx.gz';
    const packed = await readAsset(file);
    expect(packed.length).toBe(112);
    const error = await dataErrorOf(() => readIdx(file, packed.subarray(0, length), [382]));
    expect(error.message).toContain(`${file}: its ${length} bytes cannot be unpacked (`);
    expect(error.message).toContain(RESTORE);
  });

  it('a packed file with one changed byte fails its checksum', async () => {
    const file = 'digits8/digits8-test-images.idx.gz';
    const packed = await readAsset(file);
    const middle = packed.length >> 1;
    const error = await dataErrorOf(() => readIdx(file, changed(packed, middle, packed[middle] ^ 0x10), [382, 8, 8]));
    expect(error.message).toContain('cannot be unpacked');
  });

  it.each([
    // Byte 2 is the element type (0x0d: float), byte 3 the number of dimensions.
    [0, 1, '01 00 08 02'],
    [1, 1, '00 01 08 02'],
    [2, 0x0d, '00 00 0d 02'],
    [3, 3, '00 00 08 03'],
  ])('names found and expected magic bytes when byte %i is %i', async (at, value, found) => {
    const error = await dataErrorOf(() => readIdx('small.idx', changed(SMALL, at, value), [2, 3]));
    expect(error.message).toContain(`starts with the bytes ${found};`);
    expect(error.message).toContain('in 2 dimensions starts with 00 00 08 02');
  });

  it('recognises a web page sent instead of the file', async () => {
    const page = new TextEncoder().encode('<!doctype html><title>Not found</title>');
    const error = await dataErrorOf(() => readIdx('small.idx', page, [2, 3]));
    // '<!do' is 3c 21 64 6f.
    expect(error.message).toContain('3c 21 64 6f (it looks like a web page: the server may lack the file)');
  });

  it('refuses another shape, even with as many elements', async () => {
    const error = await dataErrorOf(() => readIdx('small.idx', SMALL, [3, 2]));
    expect(error.message).toBe(`small.idx: has the shape 2×3, expected 3×2; ${RESTORE}`);
  });
});

describe('the committed IDX files', () => {
  const files = [
    ...digits8.files.map((file) => ({ ...file, path: `digits8/${file.file}` })),
    ...mnist.files.map((file) => ({ ...file, path: `mnist/${file.file}` })),
  ];

  it.each(files)('$path has the stored size and the unpacked sha256 of its JSON', async (file) => {
    const packed = await readAsset(file.path);
    expect(packed.length).toBe(file.bytes);
    const raw = await gunzip(file.path, packed);
    expect(raw.length).toBe(file.raw_bytes);
    expect(createHash('sha256').update(raw).digest('hex')).toBe(file.raw_sha256);
  });
});
