/** A plan on a WebGPU device: its buffers, its steps with their bind groups, writes and reads in turn. */
import { LimitError } from '../../model/errors.ts';
import { kernelEntry } from '../../plan/kernels.ts';
import { isNeeded, type Replicas } from '../../plan/placement.ts';
import { type AnyStep, type Plan, type Range, WORD } from '../../plan/plan.ts';
import type { Session } from '../engine.ts';
import type { GpuContext } from './context.ts';
import type { Pipelines } from './pipelines.ts';
import { StagingPool } from './staging.ts';
import { SubmissionSize, submissionEnd, TaskQueue } from './submission.ts';

interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
  readonly replicas?: Replicas;
}

export class GpuSession implements Session {
  readonly #staging: StagingPool;
  readonly #queue = new TaskQueue();
  readonly #sizes = { iteration: new SubmissionSize(), evaluation: new SubmissionSize() };
  /** When the latest finished submission had finished. */
  #finishedAt = Number.NEGATIVE_INFINITY;

  #idle: ReadonlySet<number> = new Set();
  /** What is dispatched now, all but the steps of idle replicas; undefined until it is asked for. */
  #needed: GpuSession['dispatches'] | undefined;

  private constructor(
    readonly context: GpuContext,
    readonly plan: Plan,
    readonly buffers: readonly GPUBuffer[],
    readonly dispatches: Readonly<Record<'iteration' | 'evaluation', readonly Dispatch[]>>,
  ) {
    this.#staging = new StagingPool(context.device);
  }

  static async create(context: GpuContext, pipelines: Pipelines, plan: Plan): Promise<GpuSession> {
    const { device } = context;
    context.check();
    device.pushErrorScope('out-of-memory');
    const buffers = plan.buffers.map(({ name, words }) =>
      device.createBuffer({
        label: name,
        size: words * WORD,
        usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
      }),
    );
    const shortage = await device.popErrorScope();
    if (shortage) {
      for (const buffer of buffers) buffer.destroy();
      throw new LimitError(
        'bytes of GPU memory',
        plan.summary.bytes,
        0,
        'the device refused; use fewer or narrower layers, a smaller batch or fewer replicas',
      );
    }
    const prepare = async (step: AnyStep): Promise<Dispatch> => {
      const pipeline = await pipelines.get(step);
      const bindGroup = bindGroupOf(device, pipelines, buffers, step);
      const { replicas } = step;
      return { pipeline, bindGroup, workgroups: workgroupsOf(step), ...(replicas ? { replicas } : {}) };
    };
    device.pushErrorScope('validation');
    const [iteration, evaluation] = await context.awaiting(
      Promise.all([Promise.all(plan.iteration.map(prepare)), Promise.all(plan.evaluation.map(prepare))]),
    );
    const invalid = await device.popErrorScope();
    if (invalid) throw new Error(`WebGPU: ${invalid.message}`);
    const session = new GpuSession(context, plan, buffers, { iteration, evaluation });
    for (const [name, words] of plan.contents) {
      const tensor = plan.tensors.get(name);
      if (tensor) session.write(tensor, words);
    }
    return session;
  }

  write(range: Range, data: Float32Array | Uint32Array): void {
    if (!this.#queue.isHeldUp) {
      this.#write(range, data);
      return;
    }
    // What the caller does with the array meanwhile must not be seen.
    const copy = data.slice();
    // Whoever waits for the work before it is told why nothing more is done.
    this.#inTurn(() => this.#write(range, copy)).catch(() => undefined);
  }

  setIdle(replicas: ReadonlySet<number>): void {
    this.#idle = new Set(replicas);
    this.#needed = undefined;
  }

  #neededNow(): GpuSession['dispatches'] {
    const needed = (dispatch: Dispatch) => isNeeded(dispatch, this.#idle);
    const { iteration, evaluation } = this.dispatches;
    this.#needed ??= { iteration: iteration.filter(needed), evaluation: evaluation.filter(needed) };
    return this.#needed;
  }

  run(steps: 'iteration' | 'evaluation', times: number): Promise<void> {
    const dispatches = this.#neededNow()[steps];
    const perIteration = dispatches.length;
    const total = times * perIteration;
    if (total === 0) return Promise.resolve();
    const size = this.#sizes[steps];
    let at = 0;
    return new Promise((resolve, reject) => {
      this.#queue.add({
        isLong: true,
        get isDone() {
          return at >= total;
        },
        next: () => {
          this.context.check();
          const from = at;
          at = submissionEnd(from, total, perIteration, size.steps);
          const finished = this.#submit(steps, dispatches, from, at);
          const isLast = at === total;
          finished.then(
            () => {
              if (isLast) resolve();
            },
            (error) => {
              at = total;
              reject(error);
            },
          );
          return finished;
        },
        drop: reject,
      });
    });
  }

  read(ranges: readonly Range[]): Promise<Uint32Array[]> {
    return this.#inTurn(() => this.#read(ranges));
  }

  destroy(): void {
    this.#queue.clear(new Error('the session was destroyed'));
    for (const buffer of this.buffers) buffer.destroy();
    this.#staging.destroy();
  }

  /** Does something after everything that was asked for before. */
  #inTurn<T>(act: () => T | Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let isDone = false;
      this.#queue.add({
        isLong: false,
        get isDone() {
          return isDone;
        },
        next: () => {
          isDone = true;
          resolve(act());
          return undefined;
        },
        drop: reject,
      });
    });
  }

  #write({ buffer, offset }: Range, data: Float32Array | Uint32Array): void {
    // The casts: typed arrays over a SharedArrayBuffer never come here.
    this.context.device.queue.writeBuffer(this.buffers[buffer], offset * WORD, data as Float32Array<ArrayBuffer>);
  }

  /** Steps `from` to `to`, counted over all iterations, in one submission. */
  async #submit(steps: 'iteration' | 'evaluation', dispatches: readonly Dispatch[], from: number, to: number): Promise<void> {
    const { device } = this.context;
    const encoder = device.createCommandEncoder({ label: steps });
    const pass = encoder.beginComputePass({ label: steps });
    let bound: GPUComputePipeline | undefined;
    for (let n = from; n < to; n++) {
      const { pipeline, bindGroup, workgroups } = dispatches[n % dispatches.length];
      if (pipeline !== bound) pass.setPipeline(pipeline);
      bound = pipeline;
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(workgroups[0], workgroups[1], workgroups[2]);
    }
    pass.end();
    device.queue.submit([encoder.finish()]);
    const submittedAt = performance.now();
    try {
      await this.context.awaiting(device.queue.onSubmittedWorkDone());
    } catch (error) {
      throw await this.context.explain(error);
    }
    this.context.check();
    const now = performance.now();
    // While an earlier submission was at work this one waited.
    this.#sizes[steps].finished(to - from, now - Math.max(submittedAt, this.#finishedAt));
    this.#finishedAt = now;
  }

  async #read(ranges: readonly Range[]): Promise<Uint32Array[]> {
    const { device } = this.context;
    this.context.check();
    const encoder = device.createCommandEncoder({ label: 'read' });
    // All copies are made in one submission, so that they show one moment.
    const copies = inBatches(ranges, this.context.limits.bufferBytes).map((batch) => {
      const bytes = batch.reduce((sum, { words }) => sum + words * WORD, 0);
      const staging = this.#staging.take(bytes);
      let at = 0;
      for (const { buffer, offset, words } of batch) {
        encoder.copyBufferToBuffer(this.buffers[buffer], offset * WORD, staging, at, words * WORD);
        at += words * WORD;
      }
      return { batch, bytes, staging };
    });
    device.queue.submit([encoder.finish()]);
    try {
      await this.context.awaiting(Promise.all(copies.map(({ staging, bytes }) => staging.mapAsync(GPUMapMode.READ, 0, bytes))));
    } catch (error) {
      throw await this.context.explain(error);
    }
    const read = copies.flatMap(({ batch, bytes, staging }) => {
      const all = new Uint32Array(staging.getMappedRange(0, bytes).slice(0));
      staging.unmap();
      this.#staging.giveBack(staging);
      let start = 0;
      return batch.map(({ words }) => {
        start += words;
        return all.subarray(start - words, start);
      });
    });
    this.context.check();
    return read;
  }
}

/** Ranges in order, in batches of at most so many bytes; a range by itself never has more. */
export function inBatches(ranges: readonly Range[], mostBytes: number): Range[][] {
  const batches: Range[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const range of ranges) {
    bytes += range.words * WORD;
    if (bytes > mostBytes) {
      batches.push([]);
      bytes = range.words * WORD;
    }
    batches[batches.length - 1].push(range);
  }
  return batches;
}

function bindGroupOf(device: GPUDevice, pipelines: Pipelines, buffers: readonly GPUBuffer[], step: AnyStep): GPUBindGroup {
  const ranges = step.bindings as Readonly<Record<string, Range>>;
  const entries = Object.keys(kernelEntry(step.kernel).bindings).map((name, binding) => {
    const { buffer, offset, words } = ranges[name];
    return { binding, resource: { buffer: buffers[buffer], offset: offset * WORD, size: words * WORD } };
  });
  return device.createBindGroup({ label: step.label, layout: pipelines.layout(step.kernel), entries });
}

function workgroupsOf({ kernel, invocations }: AnyStep): [number, number, number] {
  const { workgroup } = kernelEntry(kernel);
  return [0, 1, 2].map((axis) => Math.ceil(invocations[axis] / workgroup[axis])) as [number, number, number];
}
