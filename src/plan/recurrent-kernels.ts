/** The kernels that walk along sequences. */
import { type KernelEntry, ROW, read, readBits, readShared, TILE, write, writeBits } from './kernel-entry.ts';

export const RECURRENT_KERNELS = {
  recurrent_forward: {
    folder: 'recurrent',
    bindings: {
      a: read,
      W: read,
      bias: read,
      h: write,
      h_prev: write,
      cache: write,
      sequence: readBits,
      range: writeBits,
    },
    constants: ['B', 'T', 'H', 'CELL', 'ACT', 'STEPS', 'HAS_BIAS', 'ROW_TILES', 'UNIT_TILES', 'SEQ', 'EXTENDED', 'STEPS_AT'],
    workgroup: ROW,
  },
  recurrent_backward: {
    folder: 'recurrent',
    bindings: {
      dh: write,
      W: read,
      cache: read,
      h_prev: read,
      da: write,
      second: write,
      sequence: readBits,
      range: writeBits,
    },
    constants: ['B', 'T', 'H', 'CELL', 'ACT', 'STEPS', 'TRUNCATION', 'ROW_TILES', 'UNIT_TILES', 'SEQ', 'EXTENDED', 'STEPS_AT'],
    workgroup: ROW,
  },
  gate_probe: {
    folder: 'probe',
    bindings: {
      cache: read,
      norms: writeBits,
      status: readBits,
      shapes: readBits,
      sequence: readBits,
      range: writeBits,
    },
    constants: ['LAYER', 'B', 'T', 'H', 'CELL', 'ACT', 'EVERY', 'SEQ', 'EXTENDED', 'STEPS_AT'],
    workgroup: ROW,
  },
  advance_clock: { folder: 'recurrent', bindings: { sequence: writeBits }, constants: ['R', 'DELTA', 'SEQ'], workgroup: ROW },
  read_out_forward: {
    folder: 'recurrent',
    bindings: { h: read, y: write, sequence: readBits, range: writeBits },
    constants: ['B', 'T', 'H', 'MEAN', 'SEQ', 'EXTENDED', 'STEPS_AT', 'Y_AT'],
    workgroup: TILE,
  },
  read_out_backward: {
    folder: 'recurrent',
    bindings: { dy: read, dh: write, sequence: readBits, range: writeBits },
    constants: ['B', 'T', 'H', 'MEAN', 'SEQ', 'EXTENDED', 'STEPS_AT', 'DY_AT'],
    workgroup: TILE,
  },
  rescale_steps: {
    folder: 'recurrent',
    bindings: { v: readShared, y: write, sequence: readBits, range: writeBits },
    constants: ['T', 'WORDS', 'COPY', 'PRODUCT', 'SEQ', 'EXTENDED', 'STEPS_AT', 'Y_AT'],
    workgroup: ROW,
  },
} as const satisfies Record<string, KernelEntry>;
