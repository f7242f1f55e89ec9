/** Tables of what each replica's network looks like to the kernels that measure it. */
import { LAYER_SERIES, type LayerNames, type LayerSeries, layerWords, shapeOf, stepName } from '../metrics/layer-series.ts';
import { recurrencesOf, recurrentLayersOf, statesOf } from '../model/recurrent-network.ts';
import type { Builder } from './builder.ts';
import type { Tables } from './measure.ts';
import { type Measured, normCount, signalsOf } from './measured.ts';
import type { MeasuredGroup } from './plan.ts';
import { LAYER_KIND, LAYER_KIND_SHIFT } from './records.ts';

/** @returns the groups with where their layer records lie, and the words of all records of an iteration */
export function shapeTables(
  builder: Builder,
  measured: readonly Measured[],
  tables: Tables,
): { groups: MeasuredGroup[]; words: number } {
  const map: number[] = [];
  const shapes: number[] = [];
  let [norms, weights, words] = [0, 0, 0];
  const groups = measured.map((each): MeasuredGroup => {
    const { group, z, d, gradients, parameters } = each;
    const { network } = group;
    const signals = signalsOf(network);
    const order = [...signals.z, ...signals.d, ...group.parameters.map((name) => `grad.${name}`)];
    const entries = new LayerEntries(each, order);
    const shape = shapeOf(layerNamesOf(each, builder.isHalf));
    const recorded = LAYER_SERIES.flatMap((series) => (shape[series] > 0 ? entries.of(series) : []));
    // Histograms lie behind what is taken from norms.
    const layerRecord = { first: words, words: layerWords(shape) };
    for (let k = 0; k < group.count; k++) {
      shapes.push(z.length, d.length, gradients.length, norms, weights, words, recorded.length, map.length);
      norms += normCount(each);
      weights += 2 * parameters.length;
      words += layerRecord.words;
    }
    map.push(...recorded);
    const losses = [...order.slice(0, z.length), 'loss', ...order.slice(z.length)];
    return { ...group, measured: [...losses, ...group.parameters], layerShape: shape, layerRecord };
  });
  tables.set('shapes', Uint32Array.from(shapes));
  tables.set('layer_map', Uint32Array.from(map));
  builder.memory.tensor('layer_map', { name: 'layer_map', type: 'u32', replicas: 1, rows: 1, columns: map.length });
  return { groups, words };
}

/** What a group's records hold, by the network's names. */
export function layerNamesOf({ group: { network }, units, isAll, hasHistograms }: Measured, isHalf: boolean): LayerNames {
  const { gradientLayers, weightLayers } = network;
  const recurrentLayers = recurrentLayersOf(network);
  return { gradientLayers, weightLayers, unitLayers: units, isAll, isHalf, hasHistograms, recurrentLayers };
}

/** The words of the layer map: what a layer's record is taken from. */
class LayerEntries {
  readonly #norms: ReadonlyMap<string, number>;
  readonly #weights: ReadonlyMap<string, number>;

  constructor(
    readonly measured: Measured,
    readonly order: readonly string[],
  ) {
    this.#norms = new Map(order.map((name, t) => [name, t]));
    this.#weights = new Map(measured.group.parameters.map((name, t) => [name, t]));
  }

  of(series: LayerSeries): number[] {
    const { network, parameters } = this.measured.group;
    switch (series) {
      case 'log2Dz':
        return network.gradientLayers.map((name) => this.#norm(`d${name}`));
      case 'log2Dw':
        return network.weightLayers.map((name) => this.#norm(`grad.${name}`));
      case 'log2Rms':
        return this.#units('norm');
      case 'blocked':
        return this.#units('share');
      case 'log2Weight':
        return this.#weightEntries(0);
      case 'log2Update':
        return this.#weightEntries(parameters.length);
      case 'overflowDz':
        return network.gradientLayers.map((name) => word('overflow', this.#norms.get(`d${name}`) ?? 0));
      case 'overflowH':
        return this.#units('overflow');
      case 'log2Dh':
        return this.#states(0);
      case 'log2Dc':
        return this.#states(1);
      case 'gateMean':
        return this.#gates('mean');
      case 'gateSaturated':
        return this.#gates('share');
      case 'histogram':
        // Their kernel writes them into the record itself.
        return [];
    }
  }

  #norm(name: string): number {
    return word('norm', this.#norms.get(name) ?? 0);
  }

  #units(kind: 'norm' | 'share' | 'overflow'): number[] {
    return this.measured.units.map((_, l) => word(kind, this.order.length + l));
  }

  #gates(kind: 'mean' | 'share'): number[] {
    const { units, gates } = this.measured;
    return Array.from({ length: gates }, (_, k) => word(kind, this.order.length + units.length + k));
  }

  #weightEntries(first: number): number[] {
    return this.measured.group.network.weightLayers.map((name) => word('weight', first + (this.#weights.get(name) ?? 0)));
  }

  /** Of the first or second state of each recurrent layer that has it, step by step. */
  #states(which: number): number[] {
    return recurrencesOf(this.measured.group.network).flatMap((op) => {
      const state = statesOf(op)[which];
      return state ? Array.from({ length: op.steps }, (_, t) => this.#norm(stepName(`d${state}`, t))) : [];
    });
  }
}

function word(kind: keyof typeof LAYER_KIND, index: number): number {
  return LAYER_KIND[kind] * 2 ** LAYER_KIND_SHIFT + index;
}
