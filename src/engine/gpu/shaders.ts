/** WGSL sources with `// #import "lib/x"` resolved, each library once, and error lines mapped back to files. */
import { type KernelName, kernelEntry } from '../../plan/kernels.ts';

const FILES: Readonly<Record<string, string>> = import.meta.glob('../../../shaders/**/*.wgsl', {
  query: '?raw',
  import: 'default',
  eager: true,
});
const ROOT = '../../../shaders/';
const IMPORT = /^\/\/ #import "([\w/]+)"\s*$/;

export interface ShaderSource {
  readonly code: string;
  /** File and 1-based line within it of a 1-based line of `code`. */
  locate(line: number): { readonly file: string; readonly line: number };
}

export function shaderSource(kernel: KernelName): ShaderSource {
  const lines: string[] = [];
  const origins: { file: string; line: number }[] = [];
  const seen = new Set<string>();
  const include = (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    const text = FILES[`${ROOT}${path}.wgsl`];
    if (text === undefined) throw new Error(`shaders/${path}.wgsl does not exist`);
    text.split('\n').forEach((line, i) => {
      const library = IMPORT.exec(line)?.[1];
      if (library) {
        include(library);
      } else {
        lines.push(line);
        origins.push({ file: `shaders/${path}.wgsl`, line: i + 1 });
      }
    });
  };
  include(`${kernelEntry(kernel).folder}/${kernel}`);
  return {
    code: lines.join('\n'),
    locate: (line) => origins[line - 1] ?? { file: `shaders/${kernelEntry(kernel).folder}/${kernel}.wgsl`, line },
  };
}
