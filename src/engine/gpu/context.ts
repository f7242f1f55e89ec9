/** The WebGPU device: what is requested of the adapter, and one funnel for everything that goes wrong with it. */
import type { Limits } from '../../plan/limits.ts';
import { gpuLimits } from '../device-limits.ts';
import { DeviceLostError } from '../engine.ts';
import { type AdapterReport, type GpuCheck, type GpuCheckName, type NoGpuReason, nameOfAdapter } from '../report.ts';

/** Why there is no WebGPU device, in words for the reader. */
export class NoGpuError extends Error {
  override readonly name = 'NoGpuError';

  constructor(
    readonly reason: NoGpuReason,
    explanation: string,
    /** Those made, the failed one last. */
    readonly checks: readonly GpuCheck[] = [],
  ) {
    super(explanation);
  }
}

/** The checks on the way to a device, as they are made. */
class Checks {
  readonly made: GpuCheck[] = [];

  pass(name: GpuCheckName, found: string): void {
    this.made.push({ name, outcome: 'passed', found });
  }

  warn(name: GpuCheckName, found: string): void {
    this.made.push({ name, outcome: 'warning', found });
  }

  fail(name: GpuCheckName, reason: NoGpuReason, found: string, explanation: string): NoGpuError {
    return new NoGpuError(reason, explanation, [...this.made, { name, outcome: 'failed', found }]);
  }
}

/** What the plan's kernels need: 8 storage buffers, 256 invocations; the WebGPU defaults. */
const NEEDED = { maxStorageBuffersPerShaderStage: 8, maxComputeInvocationsPerWorkgroup: 64, maxBindGroups: 1 } as const;
/** The loss of a device is told within this time of the first operation that it rejects. */
const LOSS_MS = 2000;
/** Requested as high as the adapter goes. */
const RAISED = ['maxBufferSize', 'maxStorageBufferBindingSize'] as const;

/** Passes on what the device promises; may let the thread rest until then. */
export type Awaiting = <T>(work: Promise<T>) => Promise<T>;

export class GpuContext {
  /** The first error the device reported outside an error scope. */
  #failure: Error | undefined;
  readonly limits: Limits;

  private constructor(
    /** Dawn frees the device with this object, so it is kept as long as the context. */
    readonly gpu: GPU,
    readonly device: GPUDevice,
    readonly adapter: NonNullable<AdapterReport['adapter']>,
    readonly checks: readonly GpuCheck[],
    readonly awaiting: Awaiting,
  ) {
    this.limits = gpuLimits(device.limits);
    device.addEventListener('uncapturederror', ({ error }) => {
      this.#failure ??= new Error(`WebGPU: ${error.message}`);
    });
    device.lost.then(({ reason, message }) => {
      this.#failure ??= new DeviceLostError(reason, message);
    });
  }

  /** @throws NoGpuError naming the first check that failed */
  static async open(gpu: GPU | undefined, awaiting: Awaiting = (work) => work): Promise<GpuContext> {
    const checks = new Checks();
    // Node has no such thing.
    if ('isSecureContext' in globalThis) {
      if (globalThis.isSecureContext) checks.pass('secure context', 'https, or this machine itself');
      else {
        throw checks.fail(
          'secure context',
          'insecure context',
          'plain http from another machine',
          'WebGPU is offered to secure pages only, and this one came over plain http from another machine.',
        );
      }
    }
    if (!gpu) {
      throw checks.fail(
        'navigator.gpu',
        'navigator.gpu missing',
        'missing',
        'This browser has no WebGPU (navigator.gpu is missing). Use Chrome 113 or later, over https or localhost.',
      );
    }
    checks.pass('navigator.gpu', 'there');
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) {
      throw checks.fail(
        'adapter',
        'adapter null',
        'none was given',
        'WebGPU is there, but no adapter: no usable GPU or driver was found, or this GPU is blocked (on Linux, see chrome://gpu).',
      );
    }
    const described = describeAdapter(adapter);
    checks.pass('adapter', nameOfAdapter(described) || 'one without a name');
    if (described.software) checks.warn('hardware', 'software: the processor plays the graphics card');
    else checks.pass('hardware', 'hardware');
    checks.pass('features', `none is needed, ${described.features.length} are offered`);
    for (const [name, needed] of Object.entries(NEEDED)) {
      const have = adapter.limits[name as keyof typeof NEEDED];
      if (have >= needed) continue;
      const found = `${name} is ${have}; the kernels need ${needed}`;
      throw checks.fail('limits', 'adapter lacks a limit', found, `The adapter's ${found}.`);
    }
    checks.pass('limits', 'as high as the kernels need');
    const requiredLimits = Object.fromEntries(RAISED.map((name) => [name, adapter.limits[name]]));
    try {
      const device = await adapter.requestDevice({ requiredLimits });
      checks.pass('device', 'opened');
      return new GpuContext(gpu, device, described, checks.made, awaiting);
    } catch (error) {
      const { message } = error as Error;
      throw checks.fail('device', 'device request failed', message, `The adapter refused to open a device: ${message}`);
    }
  }

  /** @throws DeviceLostError, or the first error the device reported */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  /**
   * What an operation's failure means. A lost device rejects pending work before it says that it is lost, each kind of work in
   * its own words; the loss is told a little later.
   */
  async explain(error: unknown): Promise<unknown> {
    await Promise.race([this.device.lost, new Promise((resolve) => setTimeout(resolve, LOSS_MS))]);
    return this.#failure instanceof DeviceLostError ? this.#failure : error;
  }

  destroy(): void {
    this.device.destroy();
  }
}

function describeAdapter(adapter: GPUAdapter): NonNullable<AdapterReport['adapter']> {
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  const software =
    isFallbackAdapter || /swiftshader|llvmpipe|software|basic render/i.test(`${architecture} ${device} ${description}`);
  const limits: Record<string, number> = {};
  for (const name in adapter.limits) {
    const value: unknown = adapter.limits[name as keyof GPUSupportedLimits];
    if (typeof value === 'number') limits[name] = value;
  }
  return { vendor, architecture, device, description, software, features: [...adapter.features].sort(), limits };
}
