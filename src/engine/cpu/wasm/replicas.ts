/** What the kernels in WebAssembly share: which replicas a dispatch works on, and where their numbers lie. */

/** Calls once for each replica that a dispatch works on. */
export function forReplicas(count: number, call: (r: number) => void): void {
  for (let r = 0; r < count; r++) call(r);
}

/** Byte address of element `n` of a view. */
export function address(view: Float32Array | Uint32Array, n: number): number {
  return view.byteOffset + 4 * n;
}
