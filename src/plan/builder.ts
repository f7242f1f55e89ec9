/** What the parts of a plan's construction share. */
import { ACTIVATIONS, type Activation } from '../model/schema.ts';
import type { KernelName } from './kernels.ts';
import { Memory } from './memory.ts';
import type { PlacedOp, Placement } from './placement.ts';
import { type AnyStep, ceilTo, type Range, type Step, type Tensor } from './plan.ts';
import { type Exponents, RangeTable } from './range.ts';

/** Where a tensor's norm pairs lie: `count` pairs per replica, starting at pair `first` of a buffer of the role `partial`. */
export interface Partials {
  readonly buffer: number;
  readonly first: number;
  readonly count: number;
  /** Pairs from one replica to the next; `count` where it is left out. */
  readonly stride?: number;
}

/** What makes an activation another one than (B, features). */
interface Shape {
  readonly steps?: number | undefined;
  readonly blocks?: number;
}

export class Builder {
  readonly ranges: RangeTable;
  /** Norm pairs of every tensor that has them, by tensor name. */
  readonly partials = new Map<string, Partials>();
  /** Replicas that have a tensor: all up to the last one. */
  readonly #extents = new Map<string, number>();
  readonly #consumers = new Map<string, PlacedOp[]>();
  readonly #producers = new Map<string, PlacedOp>();

  constructor(
    readonly placement: Placement,
    readonly batchSize: number,
    exponents: Exponents = 'none',
    readonly memory = new Memory(),
  ) {
    this.ranges = new RangeTable(this.memory, placement, exponents);
    for (const placed of placement.ops) {
      const { op, first, count } = placed;
      this.#extents.set(op.output, Math.max(this.#extents.get(op.output) ?? 0, first + count));
      this.#producers.set(op.output, placed);
      for (const input of op.op === 'add' ? op.inputs : [op.input]) {
        const list = this.#consumers.get(input);
        if (list) list.push(placed);
        else this.#consumers.set(input, [placed]);
      }
    }
  }

  /** Whether what ops hand on is float16. */
  get isHalf(): boolean {
    return this.ranges.exponents === 'loss_scale';
  }

  /** The parameter as products take it. */
  working(name: string): Tensor {
    return this.tensor(this.isHalf ? `half.${name}` : name);
  }

  get replicas(): number {
    return this.placement.replicas;
  }

  /** Replicas that have the op output of that name; all of them for any other name. */
  extent(name: string): number {
    return this.#extents.get(name) ?? this.replicas;
  }

  /** Ops that read a tensor for at least one of the replicas of `placed`. */
  consumers(name: string, placed: PlacedOp): PlacedOp[] {
    return (this.#consumers.get(name) ?? []).filter((other) => overlap(other, placed));
  }

  /** The op that writes a tensor. */
  producer(name: string): PlacedOp | undefined {
    return this.#producers.get(name);
  }

  tensor(name: string): Tensor {
    const tensor = this.memory.tensors.get(name);
    if (!tensor) throw new Error(`plan: no tensor "${name}"`);
    return tensor;
  }

  /** Rows of a batch, or of a batch at so many steps: those of a step are padded to a multiple of 4. */
  rows(steps?: number): number {
    return steps === undefined ? this.batchSize : steps * ceilTo(this.batchSize, 4);
  }

  /** Rows of the batch that the network's output has. */
  get outputRows(): number {
    const { sequence } = this.placement.deepest;
    return this.rows(sequence?.readout === 'every' ? sequence.steps : undefined);
  }

  /** @param of the op output whose replicas it has; the tensor's own name where it is one */
  activation(buffer: string, name: string, features: number, of = name, { steps, blocks }: Shape = {}): Tensor {
    return this.memory.activation(buffer, name, this.extent(of), this.rows(steps), features, blocks);
  }

  /** Reserves the norm pairs of a tensor, `count` per replica, and notes whose they are. */
  reservePartials(tensor: string, count: number): Range {
    return this.#reserve(this.partials, tensor, count);
  }

  /** Reserves room for norm pairs that are not those of the whole tensor, for a kernel that writes some. */
  reserveUnmeasured(tensor: string, count: number): Range {
    return this.#reserve(this.#unmeasured, tensor, count);
  }
  readonly #unmeasured = new Map<string, Partials>();

  #reserve(kept: Map<string, Partials>, tensor: string, count: number): Range {
    const words = 2 * this.tensor(tensor).replicas * count;
    const earlier = kept.get(tensor);
    const { buffer, offset } = earlier
      ? { buffer: earlier.buffer, offset: 2 * earlier.first }
      : this.memory.reserve('partial', words);
    kept.set(tensor, { buffer, first: offset / 2, count });
    return { buffer, offset, words };
  }

  /** The range reserved by `reservePartials`. */
  partialRange(tensor: string): Range {
    const { buffer, first, count } = this.pairsOf(tensor);
    return { buffer, offset: 2 * first, words: 2 * this.tensor(tensor).replicas * count };
  }

  /** Where the norm pairs of a tensor lie. */
  pairsOf(tensor: string): Partials {
    const partials = this.partials.get(tensor);
    if (!partials) throw new Error(`plan: no norm pairs for "${tensor}"`);
    return partials;
  }
}

/** Whether two ops have a replica in common. */
export function overlap(a: PlacedOp, b: PlacedOp): boolean {
  return a.first < b.first + b.count && b.first < a.first + a.count;
}

/** Makes a step of a kernel; the type parameter checks constants and bindings against the kernel table. */
export function step<K extends KernelName>(
  kernel: K,
  label: string,
  constants: Step<K>['constants'],
  bindings: Step<K>['bindings'],
  invocations: readonly [number, number, number],
): AnyStep {
  return { kernel, label, constants, bindings, invocations } as unknown as AnyStep;
}

/** A step of an op, which works on the op's replicas. */
export function placedStep(step: AnyStep, { first, count }: PlacedOp): AnyStep {
  return { ...step, replicas: { first, count } };
}

/** Number of 4-wide tiles that cover n. */
export function tiles(n: number): number {
  return Math.ceil(n / 4);
}

/** The ACT constant of an activation, −1 for none. */
export function activationCode(activation: Activation | undefined): number {
  return activation === undefined ? -1 : ACTIVATIONS.indexOf(activation);
}
