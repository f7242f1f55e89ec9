/** The kernel table: every kernel's folder, bindings in order, override constants and workgroup shape. */
import { type KernelEntry, ROW, read, readBits, readShared, TILE, write, writeBits } from './kernel-entry.ts';
import { RECURRENT_KERNELS } from './recurrent-kernels.ts';
import { SEQUENCE_KERNELS } from './sequence-kernels.ts';

const update = {
  folder: 'optimizer',
  bindings: { W: write, dW: read, owner: readBits, control: readBits, hyper: read, partial: writeBits, state: write },
  workgroup: ROW,
} as const;

export const KERNELS = {
  ...SEQUENCE_KERNELS,
  ...RECURRENT_KERNELS,
  draw_batch: {
    folder: 'data',
    bindings: {
      data: read,
      labels: readBits,
      targets: read,
      hyper: read,
      status: writeBits,
      x: write,
      label: writeBits,
      target_rows: write,
    },
    constants: ['N', 'B', 'I', 'C', 'TARGETS', 'SEQUENTIAL'],
    workgroup: TILE,
  },
  linear_forward: {
    folder: 'linear',
    bindings: { x: readShared, W: read, bias: read, z: write, h: write, partial: writeBits, status: readBits, range: writeBits },
    constants: ['FIRST', 'B', 'I', 'O', 'HAS_BIAS', 'ACT', 'EXTENDED', 'X_AT', 'Z_AT', 'H_AT'],
    workgroup: TILE,
  },
  linear_backward_input: {
    folder: 'linear',
    bindings: { dz: readShared, W: read, zx: read, dx: write, partial: writeBits, status: readBits, range: writeBits },
    constants: ['FIRST', 'B', 'I', 'O', 'ACT', 'EXTENDED', 'DZ_AT', 'ZX_AT', 'DX_AT'],
    workgroup: TILE,
  },
  linear_backward_weight: {
    folder: 'linear',
    bindings: { x: read, dz: read, dW: write, dbias: write, partial: writeBits, partial_bias: writeBits, status: readBits },
    constants: [
      'R',
      'FIRST',
      'B',
      'I',
      'O',
      'HAS_BIAS',
      'X_STRIDE',
      'DZ_STRIDE',
      'DW_STRIDE',
      'DBIAS_STRIDE',
      'PARTIAL_STRIDE',
      'PARTIAL_BIAS_STRIDE',
    ],
    workgroup: TILE,
  },
  activation_forward: {
    folder: 'activation',
    bindings: { z: read, h: write, status: readBits, range: writeBits },
    constants: ['FIRST', 'B', 'C', 'ACT', 'EXTENDED', 'Z_AT', 'H_AT'],
    workgroup: TILE,
  },
  activation_backward: {
    folder: 'activation',
    bindings: { dh: readShared, z: read, dz: write, status: readBits, range: writeBits },
    constants: ['FIRST', 'B', 'C', 'ACT', 'EXTENDED', 'DH_AT', 'Z_AT', 'DZ_AT'],
    workgroup: TILE,
  },
  add: {
    folder: 'activation',
    bindings: { a: readShared, b: readShared, y: write, status: readBits, range: writeBits },
    constants: ['FIRST', 'STRIDE', 'EXTENDED', 'A_AT', 'B_AT', 'Y_AT'],
    workgroup: ROW,
  },
  scale: {
    folder: 'activation',
    bindings: { x: readShared, y: write, hyper: read, status: readBits, range: writeBits },
    constants: ['FIRST', 'STRIDE', 'EXTENDED', 'X_AT', 'Y_AT'],
    workgroup: ROW,
  },
  batch_norm_forward: {
    folder: 'norm',
    bindings: { z: read, gamma: read, beta: read, y: write, stats: write, running: write, status: readBits, range: writeBits },
    constants: ['FIRST', 'B', 'C', 'EPSILON', 'EXTENDED', 'Z_AT', 'Y_AT'],
    workgroup: ROW,
  },
  batch_norm_backward: {
    folder: 'norm',
    bindings: {
      dy: readShared,
      z: read,
      stats: read,
      gamma: read,
      dz: write,
      daffine: write,
      status: readBits,
      range: writeBits,
    },
    constants: ['FIRST', 'B', 'C', 'DBETA', 'EXTENDED', 'DY_AT', 'Z_AT', 'DZ_AT'],
    workgroup: ROW,
  },
  batch_norm_evaluate: {
    folder: 'norm',
    bindings: { z: read, gamma: read, beta: read, running: read, y: write, status: readBits, range: writeBits },
    constants: ['FIRST', 'B', 'C', 'EPSILON', 'EXTENDED', 'Z_AT', 'Y_AT'],
    workgroup: ROW,
  },
  layer_norm_forward: {
    folder: 'norm',
    bindings: { z: readShared, gamma: read, beta: read, y: write, stats: write, status: readBits, range: writeBits },
    constants: ['FIRST', 'B', 'C', 'EPSILON', 'CENTERED', 'EXTENDED', 'Z_AT', 'Y_AT'],
    workgroup: ROW,
  },
  layer_norm_backward: {
    folder: 'norm',
    bindings: { dy: readShared, z: read, stats: read, gamma: read, dz: write, status: readBits, range: writeBits },
    constants: ['FIRST', 'B', 'C', 'CENTERED', 'EXTENDED', 'DY_AT', 'Z_AT', 'DZ_AT'],
    workgroup: ROW,
  },
  layer_norm_backward_affine: {
    folder: 'norm',
    bindings: { dy: read, z: read, stats: read, dgamma: write, dbeta: write, status: readBits },
    constants: ['FIRST', 'B', 'C', 'CENTERED'],
    workgroup: ROW,
  },
  softmax_cross_entropy: {
    folder: 'loss',
    bindings: {
      z: read,
      label: readBits,
      dz: write,
      rows: write,
      status: readBits,
      range: writeBits,
      sequence: readBits,
    },
    constants: ['B', 'C', 'EXTENDED', 'Z_AT', 'DZ_AT', 'ROWS_AT', 'BATCH', 'EVERY', 'SEQ'],
    workgroup: ROW,
  },
  mean_squared_error: {
    folder: 'loss',
    bindings: {
      z: read,
      target_values: read,
      label: readBits,
      dz: write,
      rows: write,
      status: readBits,
      range: writeBits,
      sequence: readBits,
    },
    constants: ['B', 'C', 'EXTENDED', 'Z_AT', 'DZ_AT', 'ROWS_AT', 'BATCH', 'EVERY', 'SEQ'],
    workgroup: ROW,
  },
  sum_squares: { folder: 'gradnorm', bindings: { v: read, partial: writeBits }, constants: ['COUNT'], workgroup: ROW },
  norm_reduce: {
    folder: 'gradnorm',
    bindings: { partial: readBits, segments: readBits, norms: writeBits, range: readBits },
    constants: ['SEGMENTS', 'LANES', 'EXTENDED'],
    workgroup: ROW,
  },
  clip_coefficient: {
    folder: 'gradnorm',
    bindings: {
      norms: readBits,
      rows: read,
      hyper: read,
      status: readBits,
      shapes: readBits,
      control: writeBits,
      range: readBits,
    },
    constants: ['B', 'BATCH', 'EXTENDED', 'ROWS_AT'],
    workgroup: ROW,
  },
  scale_gradients: {
    folder: 'gradnorm',
    bindings: { dW: write, cell_norms: readBits, owner: readBits, norms: readBits, control: readBits },
    constants: ['CELLS'],
    workgroup: ROW,
  },
  clear_range: { folder: 'activation', bindings: { range: writeBits }, constants: ['COUNT'], workgroup: ROW },
  clip_per_tensor: {
    folder: 'gradnorm',
    bindings: { dW: write, owner: readBits, entries: readBits, norms: readBits, control: readBits, hyper: read },
    constants: ['CELLS', 'NORM_WORDS'],
    workgroup: ROW,
  },
  clip_adaptive: {
    folder: 'gradnorm',
    bindings: { W: read, dW: write, units: readBits, control: readBits, hyper: read },
    constants: ['UNITS'],
    workgroup: ROW,
  },
  sgd_update: { ...update, bindings: { ...update.bindings, status: readBits }, constants: ['CELLS'] },
  adam_update: { ...update, constants: ['CELLS'] },
  rmsprop_update: { ...update, constants: ['CELLS'] },
  round_half: {
    folder: 'precision',
    bindings: { v: write, partial: writeBits, status: readBits, owner: readBits },
    constants: ['FIRST', 'STRIDE', 'OWNED'],
    workgroup: ROW,
  },
  scale_half: {
    folder: 'precision',
    bindings: { v: write, partial: writeBits, control: readBits, status: readBits },
    constants: ['STRIDE'],
    workgroup: ROW,
  },
  loss_scale: {
    folder: 'precision',
    bindings: { hyper: read, status: readBits, control: writeBits, exponents: writeBits },
    constants: ['R'],
    workgroup: ROW,
  },
  copy_half: { folder: 'precision', bindings: { v: read, y: write }, constants: ['COUNT'], workgroup: ROW },
  unit_probe: {
    folder: 'probe',
    bindings: { h: read, norms: writeBits, status: readBits, shapes: readBits, range: readBits },
    constants: ['FIRST', 'B', 'C', 'MODE', 'UNIT', 'EVERY', 'H_STRIDE', 'EXTENDED', 'H_AT', 'RANGE_STRIDE'],
    workgroup: ROW,
  },
  gradient_histogram: {
    folder: 'probe',
    bindings: { dW: readBits, matrices: readBits, norms: readBits, status: readBits, shapes: readBits, layers: writeBits },
    constants: ['MATRICES', 'LAYER_WORDS', 'EVERY', 'SLOTS'],
    workgroup: [256, 1, 1],
  },
  record_iteration: {
    folder: 'probe',
    bindings: {
      control: readBits,
      norms: readBits,
      weights: readBits,
      layer_map: readBits,
      shapes: readBits,
      status: writeBits,
      ring: writeBits,
      layers: writeBits,
    },
    constants: ['R', 'LAYER_WORDS', 'EVERY', 'RING', 'SLOTS'],
    workgroup: ROW,
  },
  record_evaluation: {
    folder: 'probe',
    bindings: { rows: read, status: writeBits, evaluation: write, range: readBits },
    constants: ['R', 'B', 'EXTENDED', 'ROWS_AT'],
    workgroup: ROW,
  },
} as const satisfies Record<string, KernelEntry>;

export type KernelName = keyof typeof KERNELS;
export type BindingName<K extends KernelName> = keyof (typeof KERNELS)[K]['bindings'] & string;
export type ConstantName<K extends KernelName> = (typeof KERNELS)[K]['constants'][number];

/** The arrays a twin works on: one per binding, starting at the bound range. */
export type Views<K extends KernelName> = {
  readonly [N in BindingName<K>]: (typeof KERNELS)[K]['bindings'][N] extends { type: 'u32' } ? Uint32Array : Float32Array;
};
export type Constants<K extends KernelName> = Readonly<Record<ConstantName<K>, number>>;

/** A kernel's table entry without its literal types. */
export function kernelEntry(name: KernelName): KernelEntry {
  return KERNELS[name];
}
