/** Which engine a user asks for: `auto` takes a hardware GPU, else the CPU engine. */
export const ENGINE_CHOICES = ['auto', 'gpu', 'cpu'] as const;
export type EngineChoice = (typeof ENGINE_CHOICES)[number];

/** Why there is no GPU engine, from the first check that failed. */
export type NoGpuReason =
  | 'insecure context'
  | 'navigator.gpu missing'
  | 'adapter null'
  | 'device request failed'
  | 'adapter lacks a limit'
  | 'not asked for';

/** What stands between a page and a WebGPU device, in the order in which it is checked. */
export const GPU_CHECKS = ['secure context', 'navigator.gpu', 'adapter', 'hardware', 'features', 'limits', 'device'] as const;
export type GpuCheckName = (typeof GPU_CHECKS)[number];

/** One check that was made. A warning lets the engine run, slowly; after a failure no further check is made. */
export interface GpuCheck {
  readonly name: GpuCheckName;
  readonly outcome: 'passed' | 'warning' | 'failed';
  /** What was found, in a few words. */
  readonly found: string;
}

/** The engine that runs, and why; plain data for page, CLI and reports. */
export interface AdapterReport {
  readonly engine: 'gpu' | 'cpu';
  /** One sentence: why this engine. */
  readonly why: string;
  readonly noGpu?: NoGpuReason;
  /** Up to the first that failed; absent where the GPU was not asked for. */
  readonly checks?: readonly GpuCheck[];
  readonly adapter?: {
    readonly vendor: string;
    readonly architecture: string;
    readonly device: string;
    readonly description: string;
    /** A software rasteriser such as SwiftShader or llvmpipe. */
    readonly software: boolean;
    readonly features: readonly string[];
    readonly limits: Readonly<Record<string, number>>;
  };
}

/** What an adapter calls itself; empty where it says nothing. */
export function nameOfAdapter({ description, device, vendor, architecture }: NonNullable<AdapterReport['adapter']>): string {
  return description || device || [vendor, architecture].filter(Boolean).join(' ');
}
