/** A plan: the dispatches of one training iteration for one shape. Pure data; it knows no device. */
import type { LayerShape } from '../metrics/layer-series.ts';
import type { Loss } from '../model/schema.ts';
import type { BindingName, Constants, KernelName } from './kernels.ts';
import type { PlanGroup, Replicas } from './placement.ts';
import type { PlanSummary } from './summary.ts';

/** Bytes to which a bound range must be aligned: WebGPU's default minStorageBufferOffsetAlignment. */
export const ALIGNMENT = 256;
/** Bytes per element of every buffer. */
export const WORD = 4;

/** Rounds up to a multiple. */
export function ceilTo(n: number, multiple: number): number {
  return Math.ceil(n / multiple) * multiple;
}

/** A device buffer: every tensor lies in one. */
export interface PlanBuffer {
  /** Its role, numbered from the second of a role on: `param`, `param 1`. */
  readonly name: string;
  /** Elements of 4 bytes. */
  readonly words: number;
}

/** Name of the k-th of several things that stand for one, such as the buffers of a role. */
export function pieceName(name: string, k: number): string {
  return k === 0 ? name : `${name} ${k}`;
}

/** Numbers of the buffers of a role, in order. */
export function buffersOfRole({ buffers }: Pick<Plan, 'buffers'>, role: string): number[] {
  const numbers = new Map(buffers.map(({ name }, k) => [name, k]));
  const found: number[] = [];
  for (let k = numbers.get(role); k !== undefined; k = numbers.get(pieceName(role, found.length))) found.push(k);
  return found;
}

/** A range of a buffer, in elements of 4 bytes. */
export interface Range {
  readonly buffer: number;
  readonly offset: number;
  readonly words: number;
}

/**
 * A tensor with the replica as outermost dimension: (R, rows, columns), row-major, rows `rowStride` and replicas
 * `replicaStride` elements apart. Elements in between are padding and always 0.
 */
export interface Tensor extends Range {
  readonly name: string;
  readonly type: 'f32' | 'u32';
  readonly replicas: number;
  readonly rows: number;
  readonly columns: number;
  readonly rowStride: number;
  readonly replicaStride: number;
  /** Blocks of equal size that the columns consist of, each padded to a multiple of 4; one where it is left out. */
  readonly blocks?: number;
}

/** Where a column lies in its row: behind the padding of the blocks before its own. */
export function columnAt({ columns, blocks = 1 }: Pick<Tensor, 'columns' | 'blocks'>, column: number): number {
  const width = columns / blocks;
  return blocks === 1 ? column : Math.floor(column / width) * ceilTo(width, 4) + (column % width);
}

/** One dispatch. */
export interface Step<K extends KernelName = KernelName> {
  readonly kernel: K;
  /** What this dispatch computes, for profiles and error messages. */
  readonly label: string;
  readonly constants: Constants<K>;
  readonly bindings: Readonly<Record<BindingName<K>, Range>>;
  /** Invocations needed in x, y and z. */
  readonly invocations: readonly [number, number, number];
  /** The replicas that it works on, where it does nothing for those that take no part. */
  readonly replicas?: Replicas;
}

/** What a kernel table entry makes of the three kinds of step; a union over the table, so that `kernel` discriminates. */
export type AnyStep = { readonly [K in KernelName]: Step<K> }[KernelName];

/** A group and what is measured of it. */
export interface MeasuredGroup extends PlanGroup {
  /** Every tensor that is searched for non-finite values, in execution order; names of the group's network. */
  readonly measured: readonly string[];
  /** How many layers each series of its replicas' records has. */
  readonly layerShape: LayerShape;
  /** Where the record of each of its replicas lies within a slot of the layer ring: first word of the first, words of each. */
  readonly layerRecord: { readonly first: number; readonly words: number };
}

export interface Plan {
  readonly summary: PlanSummary;
  readonly replicas: number;
  /** Replicas of one network each, deepest first. */
  readonly groups: readonly MeasuredGroup[];
  readonly batchSize: number;
  readonly loss: Loss;
  readonly buffers: readonly PlanBuffer[];
  /** By the name in the deepest group's network (`physicalName` for the others): parameters (`l0.weight`), activations (`z0`), gradients (`d z0` as `dz0`, `grad.l0.weight`), and the plan's own. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Contents that buffers must have before the first iteration. */
  readonly contents: ReadonlyMap<string, Uint32Array>;
  /** Steps of a training iteration. */
  readonly iteration: readonly AnyStep[];
  /** Steps that evaluate one batch of the held-out split. */
  readonly evaluation: readonly AnyStep[];
  /** Iterations the metrics ring holds. */
  readonly ring: number;
  /** Slots of the layer ring, words of each, and the cadence of records in iterations. */
  readonly layerSlots: number;
  readonly layerWords: number;
  readonly layersEvery: number;
}
