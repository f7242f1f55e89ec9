/** What the kernels in WebAssembly share: which replicas a dispatch works on, and where their numbers lie. */
import { presentReplicas } from '../active.ts';

/** Calls once for each of `count` replicas from `first` on that takes part. */
export function forReplicas(status: Uint32Array, first: number, count: number, call: (r: number) => void): void {
  for (const r of presentReplicas(status, first, count)) call(r);
}

/** Byte address of element `n` of a view. */
export function address(view: Float32Array | Uint32Array, n: number): number {
  return view.byteOffset + 4 * n;
}
