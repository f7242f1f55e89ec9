/** Reads safetensors files: an 8-byte header length, a JSON header, the tensors' bytes. ref: huggingface.co/docs/safetensors */
import * as v from 'valibot';
import { DataError } from '../model/errors.ts';

export interface StoredTensor {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Float32Array | Int32Array;
}

const PREFIX = 8;
const WORD = 4;
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const entrySchema = v.object({ dtype: v.string(), shape: v.array(count), data_offsets: v.tuple([count, count]) });
const headerSchema = v.record(v.string(), v.unknown());

/**
 * @param file named in errors
 * @throws DataError when the file is truncated, damaged, or holds a type other than F32 and I32
 */
export function readSafetensors(bytes: Uint8Array, file: string): ReadonlyMap<string, StoredTensor> {
  const { header, start } = readHeader(bytes, file);
  const available = bytes.length - start;
  const tensors = new Map<string, StoredTensor>();
  let end = 0;
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const parsed = v.safeParse(entrySchema, entry);
    if (!parsed.success) throw new DataError(file, `the header's entry of "${name}" has no valid dtype, shape and data_offsets`);
    const { dtype, shape, data_offsets } = parsed.output;
    if (dtype !== 'F32' && dtype !== 'I32') {
      throw new DataError(file, `tensor "${name}" is ${dtype}; save tensors as float32 (F32) and integers as int32 (I32)`);
    }
    const [from, to] = data_offsets;
    const words = shape.reduce((product, n) => product * n, 1);
    if (to - from !== words * WORD) {
      throw new DataError(
        file,
        `tensor "${name}" of shape [${shape}] needs ${words * WORD} bytes, its data_offsets span ${to - from}`,
      );
    }
    if (to > available) {
      throw new DataError(
        file,
        `it is truncated: tensor "${name}" ends at byte ${start + to}, the file has ${bytes.length}; save it again`,
      );
    }
    const part = bytes.slice(start + from, start + to).buffer;
    tensors.set(name, { shape, data: dtype === 'F32' ? new Float32Array(part) : new Int32Array(part) });
    end = Math.max(end, to);
  }
  if (end !== available)
    throw new DataError(file, `${available - end} bytes follow its last tensor; it is damaged, save it again`);
  return tensors;
}

function readHeader(bytes: Uint8Array, file: string): { header: Record<string, unknown>; start: number } {
  if (bytes.length < PREFIX)
    throw new DataError(file, `it has ${bytes.length} bytes, too few for a safetensors file; save it again`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(bytes.length - PREFIX)) {
    throw new DataError(
      file,
      `it is truncated or no safetensors file: its header should have ${length} bytes, ${bytes.length - PREFIX} follow`,
    );
  }
  const start = PREFIX + Number(length);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(PREFIX, start)));
  } catch {
    throw new DataError(file, 'its header is not JSON; it is damaged or no safetensors file');
  }
  const result = v.safeParse(headerSchema, header);
  if (!result.success) throw new DataError(file, 'its header is no JSON object; it is damaged or no safetensors file');
  return { header: result.output, start };
}
