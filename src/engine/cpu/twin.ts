/** What a twin is: the CPU implementation of the kernel of the same name, on the same tensors in the same layout. */
import { ACTIVATIONS, type Activation } from '../../model/schema.ts';
import type { Constants, KernelName, Views } from '../../plan/kernels.ts';

/**
 * @param views one array per binding, starting at the bound range
 * @param constants the step's override constants
 * @param z invocations in z: the replicas, times the merged layers where a kernel has them
 */
export type Twin<K extends KernelName> = (
  views: Views<K>,
  constants: Constants<K>,
  grid: readonly [number, number, number],
) => void;

export type Twins<K extends KernelName> = { readonly [N in K]: Twin<N> };

/** Rounds up to a multiple of 4. */
export const four = (n: number) => Math.ceil(n / 4) * 4;
/** Rounds up to a multiple of 16. */
export const sixteen = (n: number) => Math.ceil(n / 16) * 16;

/** The activation of an ACT constant, undefined for −1. */
export function activationOf(code: number): Activation | undefined {
  return code < 0 ? undefined : ACTIVATIONS[code];
}
