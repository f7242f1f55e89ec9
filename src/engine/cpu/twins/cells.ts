/** What one unit of a recurrent cell does at one step, and its derivative: the formulas of shaders/recurrent, in double precision. */
import { CURVES, chain } from '../../../model/activation.ts';
import type { CellActivation } from '../../../model/recurrent-schema.ts';
import type { Activation } from '../../../model/schema.ts';
import { CELL_CODE } from '../../../plan/walk.ts';
import { SATURATED } from './units.ts';

/** Gates of a cell, and blocks of its cache, by code. */
export const GATES_OF = [1, 4, 3] as const;
export const CACHED_OF = [1, 5, 4] as const;

const { phi: sigmoid, dphi: sigmoidSlope } = CURVES.sigmoid;
const { phi: tanh, dphi: tanhSlope } = CURVES.tanh;

/** Numbers of one unit, by gate; which gate is which: `GATES` of src/model/recurrent-network.ts. */
export type Gates = Float64Array;

/** h of one step; writes c of the LSTM, from c of the step before, to `c[0]`. @param z gates i, f, g, o */
export function lstm(z: Gates, c: Gates): number {
  // c = s(f) c' + s(i) tanh(g), h = s(o) tanh(c)
  c[0] = sigmoid(z[1]) * c[0] + sigmoid(z[0]) * tanh(z[2]);
  return sigmoid(z[3]) * tanh(c[0]);
}

/**
 * Writes the gradients of z to `dz`.
 *
 * @param dh total gradient of h
 * @param handed what the step after hands to dc
 * @param before c of the step before
 * @returns dc, total
 */
export function lstmGradient(z: Gates, dh: number, handed: number, before: number, dz: Gates): number {
  const c = sigmoid(z[1]) * before + sigmoid(z[0]) * tanh(z[2]);
  // forward: h = s(o) tanh(c)
  const dc = dh * sigmoid(z[3]) * tanhSlope(c) + handed;
  // forward: c = s(f) c' + s(i) tanh(g)
  dz[0] = dc * tanh(z[2]) * sigmoidSlope(z[0]);
  dz[1] = dc * before * sigmoidSlope(z[1]);
  dz[2] = dc * sigmoid(z[0]) * tanhSlope(z[2]);
  dz[3] = dh * tanh(c) * sigmoidSlope(z[3]);
  return dc;
}

/** h of one step. @param z gates r, z, and of n the sum a_n + s(r) q */
export function gru(z: Gates, before: number): number {
  // h = (1 - s(z)) tanh(n) + s(z) h'
  return sigmoid(-z[1]) * tanh(z[2]) + sigmoid(z[1]) * before;
}

/** Writes the gradients of the gates to `dz`. @returns dq */
export function gruGradient(z: Gates, dh: number, q: number, before: number, dz: Gates): number {
  gruStateGradient(z, dh, before, dz);
  dz[0] = resetGradient(dz[2], q, z[0]);
  return dz[2] * sigmoid(z[0]);
}

/** Writes the gradients of z and n to `dz`. */
export function gruStateGradient(z: Gates, dh: number, before: number, dz: Gates): void {
  // forward: h = (1 - s(z)) tanh(n) + s(z) h'
  dz[2] = dh * sigmoid(-z[1]) * tanhSlope(z[2]);
  dz[1] = dh * (before - tanh(z[2])) * sigmoidSlope(z[1]);
}

/** Gradient of the reset gate's z. @param dn of a_n + s(r) q */
export function resetGradient(dn: number, q: number, reset: number): number {
  return dn * q * sigmoidSlope(reset);
}

/** What a gate hands from step to step. */
export const keptShare = sigmoid;

export function rnn(activation: CellActivation, z: number): number {
  return CURVES[activation].phi(z);
}

export function rnnGradient(activation: CellActivation, dh: number, z: number): number {
  return chain(activation, dh, z);
}

/** A gate's value of its z, and whether a value is saturated, or for ReLU 0; a linear cell has nothing of the kind. */
export function gateOf(
  cell: number,
  gate: number,
  activation: Activation | undefined,
): { readonly value: (z: number) => number; readonly isSaturated?: (v: number) => boolean } {
  const curve = cell === CELL_CODE.rnn ? (activation ?? 'linear') : gate === 2 ? 'tanh' : 'sigmoid';
  const value = CURVES[curve].phi;
  switch (curve) {
    case 'sigmoid':
      return { value, isSaturated: (v) => Math.abs(2 * v - 1) > SATURATED };
    case 'tanh':
      return { value, isSaturated: (v) => Math.abs(v) > SATURATED };
    case 'relu':
      return { value, isSaturated: (v) => v === 0 };
    default:
      return { value };
  }
}
