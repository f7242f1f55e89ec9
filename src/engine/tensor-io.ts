/** Writing and reading a plan's tensors by their logical shape, padding hidden. */

import { physicalName } from '../plan/placement.ts';
import { buffersOfRole, columnAt, pieceName, type Tensor } from '../plan/plan.ts';
import { CONTROL, CONTROL_WORDS } from '../plan/records.ts';
import type { Session } from './engine.ts';

/** @throws Error when the plan has no tensor of that name (the plan's, or the deepest network's) */
export function tensorOf(session: Session, name: string): Tensor {
  const tensor = session.plan.tensors.get(name);
  if (!tensor) throw new Error(`this plan has no tensor "${name}"`);
  return tensor;
}

/** The tensor of that name in the network of replica `r`. */
function tensorOfReplica(session: Session, name: string, r: number): Tensor {
  const group = session.plan.groups.find(({ first, count }) => r < first + count);
  return tensorOf(session, group ? physicalName(group, name) : name);
}

/**
 * Overwrites one replica of a tensor.
 *
 * @param name in the network of that replica
 * @param data (rows, columns) row-major
 */
export function writeReplica(session: Session, name: string, r: number, data: Float32Array | Uint32Array): void {
  const tensor = tensorOfReplica(session, name, r);
  const { rows, columns, rowStride, replicaStride, blocks = 1 } = tensor;
  // Padding is overwritten with zeros: a run that has left values which are not finite there must not reach the next one.
  const isDense = data.length === replicaStride && rowStride === columns;
  const words = isDense ? data : new (data.constructor as typeof Float32Array)(replicaStride);
  const width = columns / blocks;
  for (let k = 0; !isDense && k < rows * blocks; k++) {
    const at = Math.floor(k / blocks) * rowStride + columnAt(tensor, (k % blocks) * width);
    words.set(data.subarray(k * width, (k + 1) * width), at);
  }
  const offset = tensor.offset + r * replicaStride;
  session.write({ ...tensor, offset, words: words.length }, words);
}

/** Reads a tensor, (R, rows, columns) row-major, as the words of its type. */
export async function readTensor(session: Session, name: string, replicas: number): Promise<Float32Array> {
  const tensor = tensorOf(session, name);
  const [words] = await session.read([tensor]);
  return unpad(tensor, words, replicas);
}

/**
 * The exponents of a tensor by replica, 0 where the plan's range is ieee: its numbers are those read · 2^exponent. A parameter's
 * gradient lies as the update saw it, with the clip coefficient's power of two; what undoes that is its exponent.
 */
export async function readExponents(session: Session, name: string, replicas: number): Promise<number[]> {
  const { tensors } = session.plan;
  const tensor = tensorOf(session, name);
  const entry = tensors.get(`range.${tensor.name}`);
  const count = Array.from({ length: replicas }, (_, r) => r);
  if (entry) {
    const [words] = await session.read([entry]);
    return count.map((r) => words[r * entry.replicaStride] | 0);
  }
  if (!tensor.name.startsWith('grad.')) return count.map(() => 0);
  const [control] = await session.read([tensorOf(session, 'control')]);
  return count.map((r) => -(control[r * CONTROL_WORDS + CONTROL.exponent] | 0) + 0);
}

/** Reads a tensor's numbers with their exponents, in double precision: beyond it, Infinity or 0. */
export async function readNumbers(session: Session, name: string, replicas: number): Promise<Float64Array> {
  const [stored, exponents] = await Promise.all([readTensor(session, name, replicas), readExponents(session, name, replicas)]);
  const each = stored.length / replicas;
  return Float64Array.from(stored, (x, n) => x * 2 ** exponents[Math.floor(n / each)]);
}

function unpad(tensor: Tensor, words: Uint32Array, replicas: number): Float32Array {
  const { rows, columns, rowStride, replicaStride, blocks = 1 } = tensor;
  const width = columns / blocks;
  const padded = new Float32Array(words.buffer, words.byteOffset, words.length);
  const out = new Float32Array(replicas * rows * columns);
  for (let r = 0; r < replicas; r++) {
    for (let k = 0; k < rows * blocks; k++) {
      const from = r * replicaStride + Math.floor(k / blocks) * rowStride + columnAt(tensor, (k % blocks) * width);
      out.set(padded.subarray(from, from + width), r * rows * columns + k * width);
    }
  }
  return out;
}

/** Zeroes the optimizer's state of one replica: for each buffer of parameters one tensor, in their layout. */
export function clearState(session: Session, r: number): void {
  const { plan } = session;
  const states = new Map(buffersOfRole(plan, 'param').map((buffer, k) => [buffer, tensorOf(session, pieceName('state', k))]));
  const group = plan.groups.find(({ first, count }) => r < first + count);
  for (const name of group?.parameters ?? []) {
    const { buffer, offset, replicaStride } = tensorOfReplica(session, name, r);
    const state = states.get(buffer);
    if (!state) throw new Error(`the optimizer keeps no state of "${name}"`);
    const zeros = new Float32Array(replicaStride);
    for (let row = 0; row < state.rows; row++) {
      const at = state.offset + row * state.columns + offset + r * replicaStride;
      session.write({ ...state, offset: at, words: replicaStride }, zeros);
    }
  }
}
