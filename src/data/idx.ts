/**
 * IDX files of unsigned bytes, gzip-compressed or not: bytes `00 00 08 rank`, `rank` big-endian uint32 sizes, then the
 * elements, last dimension fastest. Runs in a browser, a worker and Node 20.
 * ref: LeCun, Cortes, Burges, "The MNIST database of handwritten digits", section "File formats".
 */
import { DataError } from '../model/errors.ts';
import type { ReadAsset } from './dataset.ts';

const RESTORE = 'restore the file from the repository';

/**
 * The elements of an IDX file, row-major.
 *
 * @param file name for error messages
 * @param bytes the file as stored, or already unpacked: some servers send `.gz` with `Content-Encoding: gzip`, so its first
 *   two bytes decide and not its name
 * @param shape the sizes the file must have
 * @throws DataError when the file is empty, damaged, cut short, of another type or of another shape
 */
export async function readIdx(file: string, bytes: Uint8Array, shape: readonly number[]): Promise<Uint8Array> {
  if (bytes.length === 0) throw new DataError(file, `the file is empty; ${RESTORE}`);
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const raw = packed ? await gunzip(file, bytes) : bytes;
  const rank = shape.length;
  const magic = [0, 0, 8, rank];
  if (magic.some((byte, i) => i < raw.length && raw[i] !== byte)) {
    const page = raw[0] === 0x3c ? ' (it looks like a web page: the server may lack the file)' : '';
    throw new DataError(
      file,
      `starts with the bytes ${hex(raw.subarray(0, 4))}${page}; an IDX file of unsigned bytes in ${rank} dimensions ` +
        `starts with ${hex(magic)}; ${RESTORE}`,
    );
  }
  const header = 4 + 4 * rank;
  if (raw.length < header) {
    throw new DataError(file, `ends after ${raw.length} bytes, inside its header of ${header} bytes; ${RESTORE}`);
  }
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const found = shape.map((_, d) => view.getUint32(4 + 4 * d));
  if (found.some((size, d) => size !== shape[d])) {
    throw new DataError(file, `has the shape ${found.join('×')}, expected ${shape.join('×')}; ${RESTORE}`);
  }
  const elements = shape.reduce((a, b) => a * b, 1);
  if (raw.length - header !== elements) {
    throw new DataError(
      file,
      `holds ${raw.length - header} elements, expected ${elements} for the shape ${shape.join('×')}; ${RESTORE}`,
    );
  }
  return raw.subarray(header);
}

/**
 * Fetches an IDX file whose elements are at most `max`.
 *
 * @throws DataError as `readIdx`, and naming the first element that is larger
 */
export async function readIdxAsset(
  readAsset: ReadAsset,
  file: string,
  shape: readonly number[],
  max: number,
): Promise<Uint8Array> {
  const values = await readIdx(file, await readAsset(file), shape);
  const wrong = values.findIndex((value) => value > max);
  if (wrong >= 0) throw new DataError(file, `element ${wrong} is ${values[wrong]}, expected at most ${max}; ${RESTORE}`);
  return values;
}

/**
 * Unpacks a gzip file; its checksum is verified.
 *
 * @param file name for error messages
 * @throws DataError when the bytes are damaged or end too early
 */
export async function gunzip(file: string, bytes: Uint8Array): Promise<Uint8Array> {
  try {
    const stream = new Blob([bytes.slice()]).stream().pipeThrough(new DecompressionStream('gzip'));
    // Not `new Response(stream)`: Chromium then reports damaged data as "Failed to fetch".
    const reader = stream.getReader();
    const parts: Uint8Array<ArrayBuffer>[] = [];
    for (let part = await reader.read(); !part.done; part = await reader.read()) parts.push(part.value);
    return new Uint8Array(await new Blob(parts).arrayBuffer());
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataError(
      file,
      `its ${bytes.length} bytes cannot be unpacked (${reason}), expected a complete gzip file; ` +
        `the file is damaged or cut short, ${RESTORE}`,
    );
  }
}

function hex(bytes: ArrayLike<number>): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
