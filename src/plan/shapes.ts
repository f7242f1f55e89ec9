/** Tables of what each replica's network looks like to the kernels that measure it. */
import { LAYER_SERIES, type LayerSeries, layerShape } from '../metrics/layer-series.ts';
import type { Builder } from './builder.ts';
import type { Measured, Tables } from './measure.ts';
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
    const { group, z, d, gradients, parameters, units } = each;
    const { network } = group;
    const order = measuredNames(each);
    const recorded = LAYER_SERIES.flatMap((series) =>
      builder.isHalf || !series.startsWith('overflow') ? entriesOf(series, each, order) : [],
    );
    const shape = layerShape(network.gradientLayers.length, network.weightLayers.length, units.length, builder.isHalf);
    const layerRecord = { first: words, words: recorded.length };
    for (let k = 0; k < group.count; k++) {
      shapes.push(z.length, d.length, gradients.length, norms, weights, words, recorded.length, map.length);
      norms += order.length + units.length;
      weights += 2 * parameters.length;
      words += recorded.length;
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

/** What is searched for non-finite values but for the loss and the parameters, in execution order; names of the group's network. */
function measuredNames({ group: { network, parameters } }: Measured): string[] {
  return [
    ...network.ops.flatMap((op) => (op.op === 'linear' ? [op.output] : [])),
    ...network.gradientLayers.map((name) => `d${name}`).reverse(),
    ...parameters.map((name) => `grad.${name}`),
  ];
}

/** The words of the layer map for one series: what a layer's record is taken from. */
function entriesOf(series: LayerSeries, { group: { network, parameters }, units }: Measured, order: readonly string[]): number[] {
  const word = (kind: keyof typeof LAYER_KIND, index: number) => LAYER_KIND[kind] * 2 ** LAYER_KIND_SHIFT + index;
  const norms = new Map(order.map((name, t) => [name, t]));
  const norm = (name: string) => word('norm', norms.get(name) ?? 0);
  const unit = (kind: 'norm' | 'share' | 'overflow') => units.map((_, l) => word(kind, order.length + l));
  const weight = (first: number) => {
    const places = new Map(parameters.map((name, t) => [name, t]));
    return network.weightLayers.map((name) => word('weight', first + (places.get(name) ?? 0)));
  };
  switch (series) {
    case 'log2Dz':
      return network.gradientLayers.map((name) => norm(`d${name}`));
    case 'log2Dw':
      return network.weightLayers.map((name) => norm(`grad.${name}`));
    case 'log2Rms':
      return unit('norm');
    case 'blocked':
      return unit('share');
    case 'log2Weight':
      return units.length > 0 ? weight(0) : [];
    case 'log2Update':
      return units.length > 0 ? weight(parameters.length) : [];
    case 'overflowDz':
      return network.gradientLayers.map((name) => word('overflow', norms.get(`d${name}`) ?? 0));
    case 'overflowH':
      return unit('overflow');
  }
}
