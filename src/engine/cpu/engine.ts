/** The CPU engine: a plan's steps, one after another, by their kernels in WebAssembly SIMD or else by their twins. */
import { LimitError } from '../../model/errors.ts';
import { type KernelName, kernelEntry } from '../../plan/kernels.ts';
import type { Limits } from '../../plan/limits.ts';
import { ALIGNMENT, type AnyStep, ceilTo, type Plan, type Range, WORD } from '../../plan/plan.ts';
import { CPU_LIMITS, PAGE_BYTES } from '../device-limits.ts';
import type { Engine, Session } from '../engine.ts';
import type { AdapterReport } from '../report.ts';
import type { Twins } from './twin.ts';
import { TWINS } from './twins.ts';
import { wasmKernels } from './wasm/kernels.ts';
import { compileKernels, hasSimd, instantiateKernels } from './wasm/module.ts';
import { scratchWords } from './wasm/scratch.ts';

/** Byte address of the first buffer: to the kernels, address 0 is an operand that is absent. */
const FIRST_BYTE = ALIGNMENT;

export interface CpuOptions {
  /** Whether the twins in TypeScript do all the work: the reference that the kernels in WebAssembly are held to. */
  readonly twins?: boolean;
}

export class CpuEngine implements Engine {
  readonly limits: Limits = CPU_LIMITS;
  readonly report: AdapterReport;
  readonly #usesWasm: boolean;

  constructor(report: AdapterReport, { twins = false }: CpuOptions = {}) {
    const isSupported = twins || hasSimd();
    this.#usesWasm = isSupported && !twins;
    const slow = 'WebAssembly SIMD is missing here, so its kernels run as JavaScript, many times slower.';
    this.report = isSupported ? report : { ...report, why: `${report.why} ${slow}` };
  }

  async load(plan: Plan): Promise<Session> {
    return new CpuSession(plan, this.#usesWasm ? await compileKernels() : undefined);
  }

  destroy(): void {
    // Nothing outlives its sessions.
  }
}

type Bound = () => void;
type Steps = Readonly<Record<'iteration' | 'evaluation', readonly Bound[]>>;

class CpuSession implements Session {
  /** Holds every buffer, and the kernels' scratch at its end. */
  #memory: ArrayBuffer;
  /** Byte address of each buffer. */
  readonly #addresses: readonly number[];
  readonly #kernels: Partial<Twins<KernelName>>;
  #steps: Steps;

  constructor(
    readonly plan: Plan,
    module: WebAssembly.Module | undefined,
  ) {
    let end = FIRST_BYTE;
    this.#addresses = plan.buffers.map(({ words }) => {
      const address = end;
      end += ceilTo(words * WORD, ALIGNMENT);
      return address;
    });
    const bytes = end + scratchWords(plan) * WORD;
    try {
      if (module) {
        const pages = Math.ceil(bytes / PAGE_BYTES);
        const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
        this.#memory = memory.buffer;
        this.#kernels = wasmKernels(instantiateKernels(module, memory), end);
      } else {
        this.#memory = new ArrayBuffer(bytes);
        this.#kernels = {};
      }
    } catch (error) {
      // RangeError: too much for this process; TypeError: more pages than a memory can have.
      if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
      throw new LimitError(
        'bytes of memory',
        bytes,
        0,
        'this process cannot allocate them; use fewer or narrower layers, a smaller batch or fewer replicas',
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

  write(range: Range, data: Float32Array | Uint32Array): void {
    this.#words({ ...range, words: data.length }).set(new Uint32Array(data.buffer, data.byteOffset, data.length));
  }

  setIdle(): void {
    // Replicas that take no part are passed over by every kernel, at no cost worth sparing.
  }

  async run(steps: 'iteration' | 'evaluation', times: number): Promise<void> {
    for (let n = 0; n < times; n++) for (const call of this.#steps[steps]) call();
  }

  async read(ranges: readonly Range[]): Promise<Uint32Array[]> {
    return ranges.map((range) => this.#words(range).slice());
  }

  /** Lets go of the memory, which the steps' views hold as well. */
  destroy(): void {
    this.#memory = new ArrayBuffer(0);
    this.#steps = { iteration: [], evaluation: [] };
  }

  #words({ buffer, offset, words }: Range): Uint32Array {
    return new Uint32Array(this.#memory, this.#addresses[buffer] + offset * WORD, words);
  }

  /** A call of the step's kernel on its views. */
  #bind({ kernel, constants, bindings, invocations }: AnyStep): Bound {
    const ranges = bindings as Readonly<Record<string, Range>>;
    const views = Object.entries(kernelEntry(kernel).bindings).map(([name, { type }]) => {
      const { buffer, offset, words } = ranges[name];
      const View = type === 'f32' ? Float32Array : Uint32Array;
      return [name, new View(this.#memory, this.#addresses[buffer] + offset * WORD, words)];
    });
    // The kernel table types each kernel's views and constants by name; here they are looked up by name at run time.
    type Untyped = (views: object, constants: object, grid: readonly [number, number, number]) => void;
    const call = (this.#kernels[kernel] ?? TWINS[kernel]) as Untyped;
    const viewsByName = Object.fromEntries(views);
    return () => call(viewsByName, constants, invocations);
  }
}
