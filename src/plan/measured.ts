/** What is measured of each replica in every iteration, in execution order. */
import { stepName } from '../metrics/layer-series.ts';
import type { Network } from '../model/network.ts';
import { GATES, recurrencesOf, statesOf } from '../model/recurrent-network.ts';
import { unitLayersOf } from '../model/units.ts';
import type { Builder } from './builder.ts';
import { paddedColumns } from './memory.ts';
import { CELL } from './pieces.ts';
import { type PlanGroup, physicalName } from './placement.ts';

/** The tensors of a group whose norms are measured each iteration, in execution order, by the plan's names. */
export interface Measured {
  readonly group: PlanGroup;
  /** Pre-activations, and states of recurrent layers. */
  readonly z: readonly string[];
  /** Gradients of both; of states those of each step (`dh0[17]`), from the last on. */
  readonly d: readonly string[];
  readonly gradients: readonly string[];
  readonly parameters: readonly string[];
  /** Hidden layers whose outputs are measured, their norms behind the others; empty where they are not. */
  readonly units: readonly string[];
  /** Entries of the gates, behind the units: recurrent layers, gates, steps. */
  readonly gates: number;
  /** Whether more than gradients is measured. */
  readonly isAll: boolean;
  /** Whether histograms of the weights' gradients are recorded. */
  readonly hasHistograms: boolean;
}

/**
 * @param isAll whether hidden layers and gates are measured too, or gradients alone
 * @param hasHistograms whether histograms of the weights' gradients are recorded
 */
export function measuredOf(group: PlanGroup, isAll: boolean, hasHistograms = false): Measured {
  const { network, parameters } = group;
  const own = (name: string) => physicalName(group, name);
  const { z, d } = signalsOf(network);
  const gates = recurrencesOf(network).reduce((sum, { cell, steps }) => sum + GATES[cell].length * steps, 0);
  return {
    group,
    z: z.map(own),
    d: d.map(own),
    gradients: parameters.map((name) => own(`grad.${name}`)),
    parameters: parameters.map(own),
    units: isAll ? unitLayersOf(network).map(({ tensor }) => tensor) : [],
    gates: isAll ? gates : 0,
    isAll,
    hasHistograms,
  };
}

/** Entries of `norms` that a replica has. */
export function normCount({ z, d, gradients, units, gates }: Measured): number {
  return z.length + d.length + gradients.length + units.length + gates;
}

/** In the network's own names: pre-activations and states, then their gradients. */
export function signalsOf(network: Network): { readonly z: readonly string[]; readonly d: readonly string[] } {
  const z = network.ops.flatMap((op) => (op.op === 'linear' || op.op === 'recurrence' ? [op.output] : []));
  if (!network.sequence) return { z, d: network.gradientLayers.map((name) => `d${name}`).reverse() };
  const d = [...network.ops].reverse().flatMap((op) => {
    if (op.op === 'linear' && !op.cell) return [`d${op.output}`];
    if (op.op !== 'recurrence') return [];
    const walk = Array.from({ length: op.steps }, (_, k) => statesOf(op).map((state) => stepName(`d${state}`, op.steps - 1 - k)));
    return [...walk.flat(), `d${op.input}`];
  });
  return { z, d };
}

/** Tensors of the plan that hold what is measured: of states, all steps. */
export function measuredTensors(measured: readonly Measured[]): string[] {
  const names = measured.flatMap(({ z, d, gradients }) => [...z, ...d, ...gradients]);
  return [...new Set(names.map((name) => name.replace(/\[\d+\]$/, '')))];
}

/** Finds the norm pairs of each step's states among those of all steps. */
export function findStepPairs(builder: Builder): void {
  for (const op of recurrencesOf(builder.placement.deepest)) {
    const count = (builder.rows(1) * paddedColumns(op.hidden)) / CELL;
    for (const state of statesOf(op)) {
      const { buffer, first, count: stride } = builder.pairsOf(`d${state}`);
      for (let t = 0; t < op.steps; t++) {
        builder.partials.set(stepName(`d${state}`, t), { buffer, first: first + t * count, count, stride });
      }
    }
  }
}
