/** What the parts of a plan's construction share. */
import type { Network } from '../model/network.ts';
import { ACTIVATIONS, type Activation } from '../model/schema.ts';
import type { KernelName } from './kernels.ts';
import { Memory } from './memory.ts';
import type { AnyStep, Range, Step, Tensor } from './plan.ts';

/** Where a tensor's norm pairs lie: `count` pairs per replica, starting at pair `first` of the buffer `partial`. */
export interface Partials {
  readonly first: number;
  readonly count: number;
}

export class Builder {
  readonly memory = new Memory();
  /** Norm pairs of every tensor that has them, by tensor name. */
  readonly partials = new Map<string, Partials>();

  constructor(
    readonly network: Network,
    readonly replicas: number,
    readonly batchSize: number,
  ) {}

  tensor(name: string): Tensor {
    const tensor = this.memory.tensors.get(name);
    if (!tensor) throw new Error(`plan: no tensor "${name}"`);
    return tensor;
  }

  activation(buffer: string, name: string, features: number): Tensor {
    return this.memory.activation(buffer, name, this.replicas, this.batchSize, features);
  }

  /** Reserves the norm pairs of a tensor, `count` per replica, and notes whose they are. */
  reservePartials(tensor: string, count: number): Range {
    const range = this.memory.reserve('partial', 2 * this.replicas * count);
    this.partials.set(tensor, { first: range.offset / 2, count });
    return range;
  }

  /** The range reserved by `reservePartials`. */
  partialRange(tensor: string): Range {
    const partials = this.partials.get(tensor);
    if (!partials) throw new Error(`plan: no norm pairs for "${tensor}"`);
    return { ...this.memory.whole('partial'), offset: 2 * partials.first, words: 2 * this.replicas * partials.count };
  }
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

/** Number of 4-wide tiles that cover n. */
export function tiles(n: number): number {
  return Math.ceil(n / 4);
}

/** The ACT constant of an activation, −1 for none. */
export function activationCode(activation: Activation | undefined): number {
  return activation === undefined ? -1 : ACTIVATIONS.indexOf(activation);
}
