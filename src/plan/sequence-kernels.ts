/** The kernel table's part for sequences. */
import { type KernelEntry, ROW, read, readBits, write, writeBits } from './kernel-entry.ts';

export const SEQUENCE_KERNELS = {
  draw_frames: {
    folder: 'data',
    bindings: {
      data: read,
      labels: readBits,
      lengths: readBits,
      hyper: read,
      status: writeBits,
      x: write,
      label: writeBits,
      sequence: writeBits,
    },
    constants: ['N', 'FRAMES', 'B', 'T', 'I', 'EVERY', 'SEQUENTIAL', 'SEQ'],
    workgroup: ROW,
  },
  draw_text: {
    folder: 'data',
    bindings: { codes: readBits, hyper: read, status: writeBits, x: write, label: writeBits, sequence: writeBits },
    constants: ['N', 'B', 'T', 'I', 'EVERY', 'SEQUENTIAL', 'SEQ'],
    workgroup: ROW,
  },
  draw_generated: {
    folder: 'data',
    bindings: { hyper: read, status: writeBits, x: write, label: writeBits, target_rows: write, sequence: writeBits },
    constants: ['N', 'B', 'T', 'I', 'TASK', 'BITS', 'EVERY', 'SEQUENTIAL', 'SEQ'],
    workgroup: ROW,
  },
} as const satisfies Record<string, KernelEntry>;
