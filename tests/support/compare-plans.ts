/** Compares every tensor of one plan on two engines. */
import type { Session } from '../../src/engine/engine.ts';
import { joinEntries, log2Norm } from '../../src/math/norm-pair.ts';
import type { Tensor } from '../../src/plan/plan.ts';
import { CONTROL_WORDS, NORM_WORDS } from '../../src/plan/records.ts';
import { isClose } from './compare.ts';
import { decodeControl } from './records.ts';
import { FLUSHED } from './tolerance.ts';

/** Tensors of norms, compared as log2. */
const NORMS: readonly string[] = ['norms', 'weights'];
/** Tensors of float32 words that are declared as integers, because NaN must arrive as it is. */
const BITS: readonly string[] = ['ring', 'layers'];

/**
 * Names the tensors that differ, one line each: floats by the largest element of their replica, log2 values absolutely,
 * integers exactly.
 *
 * @param relative difference allowed, relative to the largest magnitude of that tensor and replica
 */
export async function differentTensors(gpu: Session, cpu: Session, relative: number): Promise<string[]> {
  const names = [...gpu.plan.tensors.keys()];
  const tensors = [...gpu.plan.tensors.values()];
  const [device, twin] = [await gpu.read(tensors), await cpu.read(tensors)];
  return names.flatMap((name, i) => {
    // Peaks say where a stored number lies, which may differ where it is next to a power of two; exponents are part of the tensors.
    if (name.startsWith('range.')) return [];
    const entry = names.indexOf(`range.${tensors[i].name}`);
    const stored = entry < 0 ? device[i] : atExponents(tensors[i], device[i], tensors[entry], device[entry], twin[entry]);
    const worst = difference(name, tensors[i], stored, twin[i], relative);
    return worst === undefined ? [] : [`${name}: ${worst}`];
  });
}

/** The GPU's numbers, brought to the exponents that the CPU has stored its own at. */
function atExponents(tensor: Tensor, words: Uint32Array, entry: Tensor, gpu: Uint32Array, cpu: Uint32Array): Uint32Array {
  const values = new Float32Array(words.slice().buffer);
  for (let n = 0; n < values.length; n++) {
    const at = Math.floor(n / tensor.replicaStride) * entry.replicaStride;
    values[n] *= 2 ** ((gpu[at] | 0) - (cpu[at] | 0));
  }
  return new Uint32Array(values.buffer);
}

function difference(name: string, tensor: Tensor, gpu: Uint32Array, cpu: Uint32Array, relative: number): string | undefined {
  if (NORMS.includes(name)) {
    // Of a weight's norm, at most that of 16 numbers may have been flushed; norms of signals have exponents instead.
    const flushed = (log2: number) => (name === 'weights' ? (4 * FLUSHED) / 2 ** Math.max(log2, -126) : 0);
    return farthest(log2Norms(gpu), log2Norms(cpu), (i) => (relative + flushed(log2Norms(cpu)[i])) / Math.LN2);
  }
  if (name === 'control')
    return farthest(controls(gpu), controls(cpu), (i) => relative * Math.max(1, Math.abs(controls(cpu)[i])));
  const floats = (words: Uint32Array) => new Float32Array(words.buffer, words.byteOffset, words.length);
  if (BITS.includes(name)) return farthest(floats(gpu), floats(cpu), (i) => relative * Math.max(2, Math.abs(floats(cpu)[i])));
  // `hyper` holds integers too: its words are compared as such.
  if (tensor.type === 'u32' || name === 'hyper') return farthest(gpu, cpu, () => 0);
  const stride = tensor.replicaStride;
  const largest = new Map<number, number>();
  floats(cpu).forEach((x, i) => {
    const r = Math.floor(i / stride);
    largest.set(r, Math.max(largest.get(r) ?? 0, Math.abs(x)));
  });
  return farthest(floats(gpu), floats(cpu), (i) => relative * (largest.get(Math.floor(i / stride)) ?? 0) + FLUSHED);
}

/** The element that exceeds its tolerance by most. */
function farthest(a: ArrayLike<number>, b: ArrayLike<number>, allowed: (i: number) => number): string | undefined {
  let worst: string | undefined;
  let excess = 0;
  for (let i = 0; i < a.length; i++) {
    if (isClose(a[i], b[i], allowed(i))) continue;
    const factor = Math.abs(a[i] - b[i]) / allowed(i);
    if (worst !== undefined && !(factor > excess)) continue;
    excess = factor;
    worst = `word ${i} is ${a[i]} on the GPU, ${b[i]} on the CPU, tolerance ${allowed(i)}`;
  }
  return worst;
}

function log2Norms(norms: Uint32Array): number[] {
  return Array.from({ length: norms.length / NORM_WORDS }, (_, k) => log2Norm(joinEntries(norms, k, 1)));
}

function controls(words: Uint32Array): number[] {
  return Array.from({ length: words.length / CONTROL_WORDS }, (_, r) => Object.values(decodeControl(words, r))).flat();
}
