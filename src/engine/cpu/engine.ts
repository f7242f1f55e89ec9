/** The CPU engine: the plan's twins, one after another, on typed arrays. */
import { LimitError } from '../../model/errors.ts';
import type { Limits } from '../../plan/build.ts';
import { kernelEntry } from '../../plan/kernels.ts';
import { type AnyStep, type Plan, type Range, WORD } from '../../plan/plan.ts';
import type { Engine, Session } from '../engine.ts';
import type { AdapterReport } from '../report.ts';
import { TWINS } from './twins.ts';

/** Largest typed array that engines allocate reliably. */
const MOST_BUFFER_BYTES = 2 ** 31 - 1;
const MOST_TOTAL_BYTES = 2 ** 32;

export class CpuEngine implements Engine {
  readonly limits: Limits = { bufferBytes: MOST_BUFFER_BYTES, bindingBytes: MOST_BUFFER_BYTES, totalBytes: MOST_TOTAL_BYTES };

  constructor(readonly report: AdapterReport) {}

  async load(plan: Plan): Promise<Session> {
    return new CpuSession(plan);
  }

  destroy(): void {
    // Nothing outlives its sessions.
  }
}

type Bound = () => void;

class CpuSession implements Session {
  readonly #buffers: ArrayBuffer[];
  readonly #steps: Readonly<Record<'iteration' | 'evaluation', readonly Bound[]>>;

  constructor(readonly plan: Plan) {
    try {
      this.#buffers = plan.buffers.map(({ words }) => new ArrayBuffer(words * WORD));
    } catch {
      const bytes = plan.summary.bytes;
      throw new LimitError(
        'bytes of memory',
        bytes,
        0,
        'this process cannot allocate them; use a smaller network or fewer replicas',
      );
    }
    for (const [name, words] of plan.contents) {
      const tensor = plan.tensors.get(name);
      if (tensor) this.write(tensor, words);
    }
    this.#steps = {
      iteration: plan.iteration.map((step) => this.#bind(step)),
      evaluation: plan.evaluation.map((step) => this.#bind(step)),
    };
  }

  write({ buffer, offset }: Range, data: Float32Array | Uint32Array): void {
    new Uint32Array(this.#buffers[buffer]).set(new Uint32Array(data.buffer, data.byteOffset, data.length), offset);
  }

  async run(steps: 'iteration' | 'evaluation', times: number): Promise<void> {
    for (let n = 0; n < times; n++) for (const call of this.#steps[steps]) call();
  }

  async read(ranges: readonly Range[]): Promise<Uint32Array[]> {
    return ranges.map(({ buffer, offset, words }) => new Uint32Array(this.#buffers[buffer], offset * WORD, words).slice());
  }

  destroy(): void {
    this.#buffers.length = 0;
  }

  /** A call of the step's twin on its views. */
  #bind({ kernel, constants, bindings, invocations }: AnyStep): Bound {
    const ranges = bindings as Readonly<Record<string, Range>>;
    const views = Object.entries(kernelEntry(kernel).bindings).map(([name, { type }]) => {
      const { buffer, offset, words } = ranges[name];
      const View = type === 'f32' ? Float32Array : Uint32Array;
      return [name, new View(this.#buffers[buffer], offset * WORD, words)];
    });
    // The kernel table types each twin's views and constants by name; here they are looked up by name at run time.
    const twin = TWINS[kernel] as (views: object, constants: object, grid: readonly [number, number, number]) => void;
    const viewsByName = Object.fromEntries(views);
    return () => twin(viewsByName, constants, invocations);
  }
}
