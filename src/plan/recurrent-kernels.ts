/** The kernels that walk along sequences. */
import { type KernelEntry, ROW, read, readBits, TILE, write, writeBits } from './kernel-entry.ts';

export const RECURRENT_KERNELS = {
  recurrent_forward: {
    folder: 'recurrent',
    bindings: { a: read, W: read, bias: read, h: write, h_prev: write, cache: write, sequence: readBits },
    constants: ['B', 'T', 'H', 'CELL', 'ACT', 'STEPS', 'HAS_BIAS', 'ROW_TILES', 'UNIT_TILES', 'SEQ'],
    workgroup: ROW,
  },
  recurrent_backward: {
    folder: 'recurrent',
    bindings: { dh: write, W: read, cache: read, h_prev: read, da: write, second: write, sequence: readBits },
    constants: ['B', 'T', 'H', 'CELL', 'ACT', 'STEPS', 'TRUNCATION', 'ROW_TILES', 'UNIT_TILES', 'SEQ'],
    workgroup: ROW,
  },
  gate_probe: {
    folder: 'probe',
    bindings: { cache: read, norms: writeBits, status: readBits, shapes: readBits, sequence: readBits },
    constants: ['LAYER', 'B', 'T', 'H', 'CELL', 'ACT', 'EVERY', 'SEQ'],
    workgroup: ROW,
  },
  advance_clock: { folder: 'recurrent', bindings: { sequence: writeBits }, constants: ['R', 'DELTA', 'SEQ'], workgroup: ROW },
  read_out_forward: {
    folder: 'recurrent',
    bindings: { h: read, y: write, sequence: readBits },
    constants: ['B', 'T', 'H', 'MEAN', 'SEQ'],
    workgroup: TILE,
  },
  read_out_backward: {
    folder: 'recurrent',
    bindings: { dy: read, dh: write, sequence: readBits },
    constants: ['B', 'T', 'H', 'MEAN', 'SEQ'],
    workgroup: TILE,
  },
} as const satisfies Record<string, KernelEntry>;
