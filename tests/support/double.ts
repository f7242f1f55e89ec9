/** A plan's twins on buffers of double precision, for central differences. */
import { TWINS } from '../../src/engine/cpu/twins.ts';
import { type KernelName, kernelEntry } from '../../src/plan/kernels.ts';
import { type AnyStep, columnAt, type Plan, type Range, type Tensor } from '../../src/plan/plan.ts';

/** Kernels whose twins read and write their float32 views as numbers only, so that the views may hold doubles. */
const ARITHMETIC: readonly KernelName[] = [
  'linear_forward',
  'linear_backward_input',
  'linear_backward_weight',
  'activation_forward',
  'activation_backward',
  'add',
  'scale',
  'batch_norm_forward',
  'batch_norm_backward',
  'layer_norm_forward',
  'layer_norm_backward',
  'layer_norm_backward_affine',
  'softmax_cross_entropy',
  'mean_squared_error',
  'recurrent_forward',
  'recurrent_backward',
  'advance_clock',
  'read_out_forward',
  'read_out_backward',
];

export class DoublePlan {
  /** The words of a buffer that are numbers, and those that are integers: no binding uses a word as both. */
  readonly #numbers: readonly Float64Array[];
  readonly #integers: readonly Uint32Array[];

  constructor(readonly plan: Plan) {
    this.#numbers = plan.buffers.map(({ words }) => new Float64Array(words));
    this.#integers = plan.buffers.map(({ words }) => new Uint32Array(words));
    for (const [name, words] of plan.contents) {
      const { buffer, offset, type } = this.#tensor(name);
      if (type === 'u32') this.#integers[buffer].set(words, offset);
    }
  }

  /** Forward, loss and backward; the rest of an iteration is left out. */
  run(): void {
    for (const step of this.plan.iteration) if (ARITHMETIC.includes(step.kernel)) this.#call(step);
  }

  /** One replica of a tensor, (rows, columns) row-major. */
  read(name: string, r: number): number[] {
    const { buffer, type } = this.#tensor(name);
    const words = type === 'f32' ? this.#numbers[buffer] : this.#integers[buffer];
    return this.#positions(name, r).map((at) => words[at]);
  }

  write(name: string, r: number, values: ArrayLike<number>): void {
    const { buffer, type } = this.#tensor(name);
    const words = type === 'f32' ? this.#numbers[buffer] : this.#integers[buffer];
    this.#positions(name, r).forEach((at, i) => {
      words[at] = values[i];
    });
  }

  /** Mean loss of a replica's batch. */
  loss(r: number): number {
    const rows = this.read('rows', r);
    return rows.reduce((sum, x, i) => sum + (i % 2 === 0 ? x : 0), 0) / this.plan.batchSize;
  }

  #tensor(name: string): Tensor {
    const tensor = this.plan.tensors.get(name);
    if (!tensor) throw new Error(`this plan has no tensor "${name}"`);
    return tensor;
  }

  #positions(name: string, r: number): number[] {
    const tensor = this.#tensor(name);
    return Array.from({ length: tensor.rows * tensor.columns }, (_, i) => {
      const row = tensor.offset + r * tensor.replicaStride + Math.floor(i / tensor.columns) * tensor.rowStride;
      return row + columnAt(tensor, i % tensor.columns);
    });
  }

  #call({ kernel, constants, bindings, invocations }: AnyStep): void {
    const ranges = bindings as Readonly<Record<string, Range>>;
    const views = Object.entries(kernelEntry(kernel).bindings).map(([name, { type }]) => {
      const { buffer, offset, words } = ranges[name];
      const from = type === 'f32' ? this.#numbers : this.#integers;
      return [name, from[buffer].subarray(offset, offset + words)];
    });
    const twin = TWINS[kernel] as unknown as (views: object, constants: object, grid: readonly number[]) => void;
    twin(Object.fromEntries(views), constants, invocations);
  }
}
