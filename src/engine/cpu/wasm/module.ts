/** The compiled kernels: whether this machine can run them, and an instance on a session's memory. */
import { base64 } from 'virtual:cpu-kernels';

/** Byte address in the session's memory. */
type Address = number;

/** What `assembly/index.ts` exports; parameters are documented there. */
export interface KernelExports {
  linear_forward(
    x: Address,
    W: Address,
    bias: Address,
    z: Address,
    h: Address,
    partial: Address,
    B: number,
    I: number,
    O: number,
    curve: number,
    scratch: Address,
    factor: number,
    up: number,
    down: number,
    added: Address,
    addedFactor: number,
  ): void;
  linear_backward_input(
    dz: Address,
    W: Address,
    zx: Address,
    dx: Address,
    partial: Address,
    B: number,
    I: number,
    O: number,
    curve: number,
    scratch: Address,
    factor: number,
    up: number,
  ): void;
  linear_backward_weight(
    x: Address,
    dz: Address,
    dW: Address,
    dbias: Address,
    partial: Address,
    partialBias: Address,
    B: number,
    I: number,
    O: number,
    scratch: Address,
  ): void;
  activation_forward(z: Address, h: Address, B: number, C: number, curve: number, up: number, down: number): void;
  activation_backward(dh: Address, z: Address, dz: Address, B: number, C: number, curve: number, up: number): void;
  peak(values: Address, count: number): number;
  sum_squares(v: Address, partial: Address, count: number): void;
  norm_reduce(partial: Address, segments: Address, norms: Address, count: number): void;
  copy_half(v: Address, y: Address, count: number): void;
  round_half(v: Address, partial: Address, count: number): void;
  unit_probe(h: Address, norm: Address, B: number, C: number, mode: number, limit: number): void;
  gate_probe(...operands: readonly number[]): void;
  read_out_forward(...operands: readonly number[]): void;
  read_out_backward(...operands: readonly number[]): void;
  recurrent_forward(...operands: readonly number[]): void;
  recurrent_backward(...operands: readonly number[]): void;
  recurrent_norm_forward(...operands: readonly number[]): void;
  recurrent_norm_backward(...operands: readonly number[]): void;
  recurrent_norm_affine(...operands: readonly number[]): void;
  batch_norm_forward(...operands: readonly number[]): void;
  batch_norm_backward(...operands: readonly number[]): void;
  layer_norm_forward(...operands: readonly number[]): void;
  layer_norm_backward(...operands: readonly number[]): void;
  layer_norm_backward_affine(...operands: readonly number[]): void;
  no_update(...settings: readonly number[]): void;
  sgd_update(...settings: readonly number[]): void;
  adam_update(...settings: readonly number[]): void;
  rmsprop_update(...settings: readonly number[]): void;
}

const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/** Whether there is WebAssembly with SIMD: Chrome 91, Firefox 89, Safari 16.4, Node 16.4. */
export function hasSimd(): boolean {
  return typeof WebAssembly === 'object' && WebAssembly.validate(bytes);
}

let compiled: Promise<WebAssembly.Module> | undefined;

/** Compiles once for all sessions. */
export function compileKernels(): Promise<WebAssembly.Module> {
  compiled ??= WebAssembly.compile(bytes);
  return compiled;
}

export function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelExports {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelExports;
}
