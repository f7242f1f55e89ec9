/** Made by `src/dev/assembly.mjs` from the AssemblyScript in `assembly/`. */
declare module 'virtual:cpu-kernels' {
  /** The compiled WebAssembly module. */
  export const base64: string;
}
