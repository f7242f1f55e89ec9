/**
 * Where the exponents of a plan's tensors lie if its range is extended: one entry a tensor (`range.z0`), two words a replica, in the
 * order of the forward ops with each output's gradients beside it, so that equal layers see their entries at equal distances.
 */
import { stepName } from '../metrics/layer-series.ts';
import { cellState } from '../model/recurrent-network.ts';
import type { Memory } from './memory.ts';
import type { PlacedOp, Placement } from './placement.ts';
import type { Range, Tensor } from './plan.ts';
import { NO_EXPONENT, STEP_GRADIENT, STEP_WORDS } from './records.ts';

/** Name of the words of the steps of a recurrent layer. */
export function stepsName(output: string): string {
  return `${output}.steps`;
}

/** A parameter's gradient, whose exponent is the sum of others', in the replicas of the op that computes it. */
interface Sum {
  readonly placed: PlacedOp;
  readonly tensors: readonly string[];
}

/** The binding of a step, and its constants: words from the start of the binding to each entry. */
export interface BoundRange<K extends string> {
  readonly range: Range;
  readonly at: Readonly<Record<K | 'EXTENDED', number>>;
}

/**
 * Which numbers of a plan have an exponent: none, those of every tensor (an extended range), or those of all gradients, one for each
 * replica, which undoes its loss scale.
 */
export type Exponents = 'none' | 'every_tensor' | 'loss_scale';

export class RangeTable {
  readonly #sums = new Map<string, Sum[]>();
  readonly #outputs = new Set<string>();
  /** Words of the exponents of gradients of single steps, by replica. */
  readonly #steps = new Map<string, (r: number) => number>();

  constructor(
    readonly memory: Memory,
    readonly placement: Placement,
    readonly exponents: Exponents,
  ) {
    if (exponents === 'none') return;
    this.#entry('rows');
    if (exponents === 'loss_scale') {
      this.#entry('loss_scale');
      for (const { op } of placement.ops) this.#outputs.add(op.output);
      return;
    }
    this.#entry(placement.deepest.input);
    for (const { op } of placement.ops) for (const name of [op.output, `d${op.output}`, `d${op.output}.1`]) this.#entry(name);
  }

  get isExtended(): boolean {
    return this.exponents === 'every_tensor';
  }

  /** Whether what is measured of gradients, and what updates by them, has to mind exponents. */
  get hasExponents(): boolean {
    return this.exponents !== 'none';
  }

  /** The exponents that undo the replicas' loss scales. */
  lossScale(): Tensor {
    return this.#entry('loss_scale');
  }

  /** The binding of the kernel that decides on an iteration. */
  bindDecision(position: number): BoundRange<'ROWS_AT'> {
    if (this.exponents !== 'loss_scale') return this.bindRead(position, { ROWS_AT: 'rows' });
    return { range: this.#entry('rows'), at: { EXTENDED: 1, ROWS_AT: 0 } };
  }

  /**
   * @param position of the binding `range` in its kernel
   * @param tensors by constant; undefined for an operand that is absent, whose constant is then that of any other
   */
  bind<K extends string>(position: number, tensors: Readonly<Record<K, string | undefined>>): BoundRange<K> {
    const names = Object.keys(tensors) as K[];
    const offsets = (list: readonly (readonly [K, number])[]) =>
      ({ EXTENDED: Number(this.isExtended), ...Object.fromEntries(list) }) as BoundRange<K>['at'];
    if (!this.isExtended) {
      return { range: this.memory.absent('read_write', position), at: offsets(names.map((name) => [name, 0])) };
    }
    const entries = names.flatMap((name) => {
      const tensor = tensors[name];
      return tensor === undefined ? [] : [[name, this.#entry(tensor)] as const];
    });
    const first = entries.reduce((a, [, b]) => (b.offset < a.offset ? b : a), entries[0][1]);
    const last = entries.reduce((a, [, b]) => (b.offset > a.offset ? b : a), entries[0][1]);
    const at = new Map(entries.map(([name, { offset }]) => [name, offset - first.offset]));
    return {
      range: { ...first, words: last.offset + last.words - first.offset },
      at: offsets(names.map((name) => [name, at.get(name) ?? 0])),
    };
  }

  /** The same for a kernel that only reads. */
  bindRead<K extends string>(position: number, tensors: Readonly<Record<K, string>>): BoundRange<K> {
    const { range, at } = this.bind(position, tensors);
    return { range: this.isExtended ? range : this.memory.absent('read', position), at };
  }

  /** All entries, for the kernel that adds exponents by their place. */
  whole(position: number): Range {
    return this.hasExponents ? this.memory.pieces('range')[0] : this.memory.absent('read', position);
  }

  /** Reserves the words of the steps of a recurrent layer with states `h0`, and notes where the exponents of its gradients are. */
  reserveSteps(output: string, steps: number): void {
    const name = `range.${stepsName(output)}`;
    const { replicas } = this.placement;
    const { offset } = this.memory.tensor('range', { name, type: 'u32', replicas, rows: steps, columns: STEP_WORDS });
    for (const state of [output, cellState(output)]) {
      for (let t = 0; t < steps; t++) {
        this.#steps.set(stepName(`d${state}`, t), (r) => offset + (r * steps + t) * STEP_WORDS + STEP_GRADIENT);
      }
    }
  }

  /** Notes that a parameter's gradient is a product of these tensors. */
  addSum(name: string, placed: PlacedOp, tensors: readonly string[]): void {
    const list = this.#sums.get(name);
    if (list) list.push({ placed, tensors });
    else this.#sums.set(name, [{ placed, tensors }]);
  }

  /** Words of `range` whose sum is the exponent of replica `r` of a measured tensor, at most two of them. */
  placesOf(name: string, r: number): readonly [number, number] {
    if (this.exponents === 'loss_scale')
      return [this.#outputs.has(name) ? NO_EXPONENT : this.lossScale().offset + 2 * r, NO_EXPONENT];
    if (!this.isExtended) return [NO_EXPONENT, NO_EXPONENT];
    const step = this.#steps.get(name);
    if (step) return [step(r), NO_EXPONENT];
    const own = this.#sums.get(name)?.find(({ placed }) => r >= placed.first && r < placed.first + placed.count);
    const places = (own?.tensors ?? [name]).map((tensor) => this.#entry(tensor).offset + 2 * r);
    return [places[0], places[1] ?? NO_EXPONENT];
  }

  #entry(tensor: string): Tensor {
    const name = `range.${tensor}`;
    const replicas = this.placement.replicas;
    return this.memory.tensors.get(name) ?? this.memory.tensor('range', { name, type: 'u32', replicas, rows: 1, columns: 2 });
  }
}
