/** The WebGPU device: what is requested of the adapter, and one funnel for everything that goes wrong with it. */
import type { Limits } from '../../plan/limits.ts';
import { DeviceLostError } from '../engine.ts';
import type { AdapterReport, NoGpuReason } from '../report.ts';

/** Why there is no WebGPU device, in words for the reader. */
export class NoGpuError extends Error {
  override readonly name = 'NoGpuError';

  constructor(
    readonly reason: NoGpuReason,
    explanation: string,
  ) {
    super(explanation);
  }
}

/** What the plan's kernels need: 8 storage buffers, 256 invocations; the WebGPU defaults. */
const NEEDED = { maxStorageBuffersPerShaderStage: 8, maxComputeInvocationsPerWorkgroup: 64, maxBindGroups: 1 } as const;
/** The loss of a device is told within this time of the first operation that it rejects. */
const LOSS_MS = 2000;
/** Requested as high as the adapter goes. */
const RAISED = ['maxBufferSize', 'maxStorageBufferBindingSize'] as const;
/** More than any network here needs; a device reports no total, so running out is found when allocating. */
const MOST_TOTAL_BYTES = 2 ** 40;

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
    readonly awaiting: Awaiting,
  ) {
    this.limits = {
      bufferBytes: device.limits.maxBufferSize,
      bindingBytes: device.limits.maxStorageBufferBindingSize,
      totalBytes: MOST_TOTAL_BYTES,
    };
    device.addEventListener('uncapturederror', ({ error }) => {
      this.#failure ??= new Error(`WebGPU: ${error.message}`);
    });
    device.lost.then(({ reason, message }) => {
      this.#failure ??= new DeviceLostError(reason, message);
    });
  }

  /** @throws NoGpuError naming the first check that failed */
  static async open(gpu: GPU | undefined, awaiting: Awaiting = (work) => work): Promise<GpuContext> {
    if (!gpu) {
      throw new NoGpuError(
        'navigator.gpu missing',
        'This browser has no WebGPU (navigator.gpu is missing). Use Chrome 113 or later, over https or localhost.',
      );
    }
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) {
      throw new NoGpuError(
        'adapter null',
        'WebGPU is there, but no adapter: no usable GPU or driver was found, or this GPU is blocked (on Linux, see chrome://gpu).',
      );
    }
    for (const [name, needed] of Object.entries(NEEDED)) {
      const have = adapter.limits[name as keyof typeof NEEDED];
      if (have < needed) {
        throw new NoGpuError('adapter lacks a limit', `The adapter's ${name} is ${have}; the kernels need ${needed}.`);
      }
    }
    const requiredLimits = Object.fromEntries(RAISED.map((name) => [name, adapter.limits[name]]));
    try {
      const device = await adapter.requestDevice({ requiredLimits });
      return new GpuContext(gpu, device, describeAdapter(adapter), awaiting);
    } catch (error) {
      throw new NoGpuError('device request failed', `The adapter refused to open a device: ${(error as Error).message}`);
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
