/** What each engine can hold, which is known without opening it. */
import type { Limits } from '../plan/limits.ts';
import type { AdapterReport } from './report.ts';

/** Largest typed array that engines allocate reliably. */
const MOST_BUFFER_BYTES = 2 ** 31 - 1;
/** Of a WebAssembly memory. */
export const PAGE_BYTES = 65_536;
/** What a 32-bit WebAssembly memory can hold, but for alignment and scratch. */
const MOST_MEMORY_BYTES = 2 ** 32 - 64 * PAGE_BYTES;
/** More than any network here needs; a device reports no total, so running out is found when allocating. */
const MOST_TOTAL_BYTES = 2 ** 40;

export const CPU_LIMITS: Limits = {
  bufferBytes: MOST_BUFFER_BYTES,
  bindingBytes: MOST_BUFFER_BYTES,
  totalBytes: MOST_MEMORY_BYTES,
};

export function gpuLimits(limits: Pick<GPUSupportedLimits, 'maxBufferSize' | 'maxStorageBufferBindingSize'>): Limits {
  return {
    bufferBytes: limits.maxBufferSize,
    bindingBytes: limits.maxStorageBufferBindingSize,
    totalBytes: MOST_TOTAL_BYTES,
  };
}

/** Those of the engine that a report is of: its device is asked for as much as the adapter has. */
export function limitsOf({ engine, adapter }: AdapterReport): Limits {
  if (engine === 'cpu' || !adapter) return CPU_LIMITS;
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  return gpuLimits({ maxBufferSize, maxStorageBufferBindingSize });
}
