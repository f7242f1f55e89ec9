/** What a device can hold, and whether a plan fits. */
import { LimitError } from '../model/errors.ts';
import { kernelEntry } from './kernels.ts';
import { MOST_WORKGROUPS } from './pieces.ts';
import { type AnyStep, type PlanBuffer, WORD } from './plan.ts';

/** Sizes in bytes beyond which a device refuses. */
export interface Limits {
  readonly bufferBytes: number;
  readonly bindingBytes: number;
  readonly totalBytes: number;
  /** Bytes from which tensors of one role go on in a next buffer; default: the least of the others. */
  readonly pieceBytes?: number;
}

export const REMEDY = 'use fewer or narrower layers, a smaller batch or fewer replicas';

/** @throws LimitError naming what is too large, and what would help */
export function checkLimits(buffers: readonly PlanBuffer[], steps: readonly AnyStep[], limits: Limits): void {
  const total = buffers.reduce((sum, { words }) => sum + words * WORD, 0);
  if (total > limits.totalBytes) throw new LimitError('bytes of memory', total, limits.totalBytes, REMEDY);
  for (const { name, words } of buffers) {
    if (words * WORD > limits.bufferBytes) {
      throw new LimitError(`bytes in one buffer (${name})`, words * WORD, limits.bufferBytes, REMEDY);
    }
  }
  for (const { kernel, bindings, invocations } of steps) {
    const { workgroup } = kernelEntry(kernel);
    const most = Math.max(...invocations.map((n, axis) => Math.ceil(n / workgroup[axis])));
    if (most > MOST_WORKGROUPS) {
      throw new LimitError(`workgroups in one dimension of a dispatch (${kernel})`, most, MOST_WORKGROUPS, REMEDY);
    }
    for (const name of Object.keys(kernelEntry(kernel).bindings)) {
      const { words } = (bindings as Record<string, { words: number }>)[name];
      if (words * WORD > limits.bindingBytes) {
        throw new LimitError(`bytes in one binding (${kernel}, ${name})`, words * WORD, limits.bindingBytes, REMEDY);
      }
    }
  }
}
