/** What an entry of the kernel table is, and the words its entries are written in. */

interface Binding {
  readonly type: 'f32' | 'u32';
  readonly access: 'read' | 'read_write';
}

export interface KernelEntry {
  /** Folder below `shaders/`. */
  readonly folder: string;
  /** In the order of their binding numbers. */
  readonly bindings: Readonly<Record<string, Binding>>;
  /** Override constants a step must give; the engine adds the workgroup's WX and WY. */
  readonly constants: readonly string[];
  /** Invocations per workgroup. */
  readonly workgroup: readonly [number, number, number];
}

export const read = { type: 'f32', access: 'read' } as const;
export const write = { type: 'f32', access: 'read_write' } as const;
export const readBits = { type: 'u32', access: 'read' } as const;
export const writeBits = { type: 'u32', access: 'read_write' } as const;

export const TILE = [8, 8, 1] as const;
export const ROW = [64, 1, 1] as const;
