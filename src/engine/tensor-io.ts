/** Writing and reading a plan's tensors by their logical shape, padding hidden. */

import { physicalName } from '../plan/placement.ts';
import type { Tensor } from '../plan/plan.ts';
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
  const { rows, columns, rowStride, replicaStride } = tensor;
  // Padding is overwritten with zeros: a run that has left values which are not finite there must not reach the next one.
  const isDense = data.length === replicaStride && rowStride === columns;
  const words = isDense ? data : new (data.constructor as typeof Float32Array)(replicaStride);
  if (!isDense) {
    for (let row = 0; row < rows; row++) words.set(data.subarray(row * columns, (row + 1) * columns), row * rowStride);
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

function unpad({ rows, columns, rowStride, replicaStride }: Tensor, words: Uint32Array, replicas: number): Float32Array {
  const padded = new Float32Array(words.buffer, words.byteOffset, words.length);
  const out = new Float32Array(replicas * rows * columns);
  for (let r = 0; r < replicas; r++) {
    for (let row = 0; row < rows; row++) {
      const from = r * replicaStride + row * rowStride;
      out.set(padded.subarray(from, from + columns), (r * rows + row) * columns);
    }
  }
  return out;
}

/** Zeroes the optimizer's state of one replica, which lies in the layout of the parameters. */
export function clearState(session: Session, r: number): void {
  const { plan } = session;
  const state = tensorOf(session, 'state');
  const group = plan.groups.find(({ first, count }) => r < first + count);
  for (const name of group?.parameters ?? []) {
    const { offset, replicaStride } = tensorOfReplica(session, name, r);
    const zeros = new Float32Array(replicaStride);
    for (let row = 0; row < state.rows; row++) {
      const at = state.offset + row * state.columns + offset + r * replicaStride;
      session.write({ ...state, offset: at, words: replicaStride }, zeros);
    }
  }
}
