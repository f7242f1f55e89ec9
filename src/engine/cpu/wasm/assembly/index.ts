/**
 * The CPU engine's hot kernels in AssemblyScript, compiled to WebAssembly SIMD by `src/dev/assembly.mjs`. Each function does one
 * replica of one layer; parameters are byte addresses in the session's memory, counts, and settings. Products are rounded and
 * then added (no fused multiply-add, which is relaxed SIMD and differs between machines), in ascending k, so that a number
 * depends neither on the machine nor on its place in a tile.
 */
export { activation_backward, activation_forward } from './activation';
export { batch_norm_backward, batch_norm_forward } from './batch_norm';
export { gate_probe } from './gates';
export { copy_half, round_half } from './half';
export { layer_norm_backward, layer_norm_backward_affine, layer_norm_forward } from './layer_norm';
export { linear_backward_input, linear_backward_weight, linear_forward } from './linear';
export { recurrent_norm_affine, recurrent_norm_backward, recurrent_norm_forward } from './normed';
export { norm_reduce, sum_squares } from './norms';
export { peak } from './range';
export { read_out_backward, read_out_forward } from './read_out';
export { recurrent_backward, recurrent_forward } from './recurrent';
export { unit_probe } from './units';
export { adam_update, no_update, rmsprop_update, sgd_update } from './update';
