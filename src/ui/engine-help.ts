/** What stands between this page and a GPU, what to do about it, and what to copy into a report. */
import { type AdapterReport, GPU_CHECKS, type GpuCheck, type GpuCheckName, type NoGpuReason } from '../engine/report.ts';

interface CheckHelp {
  /** What is asked. */
  readonly label: string;
  /** What to do where the answer is no. */
  readonly next: string;
}

const HELP: Readonly<Record<GpuCheckName, CheckHelp>> = {
  'secure context': {
    label: 'The page is secure',
    next: 'Open it over https, or on the machine that serves it as localhost: browsers hide WebGPU from plain http.',
  },
  'navigator.gpu': {
    label: 'The browser offers WebGPU',
    next: 'Use Chrome or Edge 113 or later, Safari 26, or Firefox 141 on Windows. On Linux, Chrome needs version 144 or the flag chrome://flags/#enable-unsafe-webgpu.',
  },
  adapter: {
    label: 'It gives an adapter',
    next: 'Turn on “Use graphics acceleration when available” in the browser’s settings and update the graphics driver. chrome://gpu names what is blocked for this GPU; chrome://flags/#ignore-gpu-blocklist lifts that at your own risk. After two crashes of the graphics process browsers give none for two minutes: wait, then reload.',
  },
  hardware: {
    label: 'The adapter is hardware',
    next: 'Training works, but the processor plays the graphics card, and the CPU engine may well be faster. For a hardware adapter turn on graphics acceleration in the browser’s settings, update the driver, and see chrome://gpu for what is blocked.',
  },
  features: { label: 'It has the features that are needed', next: 'Use another browser or adapter.' },
  limits: {
    label: 'Its limits suffice',
    next: 'The adapter is too small for the kernels. Choose another one in the system’s graphics settings, or stay on the CPU engine.',
  },
  device: {
    label: 'It opens a device',
    next: 'Often so after a crash of the graphics process. Close other heavy tabs, wait two minutes, reload.',
  },
};

/** A check as it is shown. */
export interface CheckRow extends CheckHelp {
  readonly outcome: GpuCheck['outcome'] | 'not reached';
  readonly found: string;
}

/** All checks in their order; those behind a failure were not reached. */
export function checkRows(checks: readonly GpuCheck[]): CheckRow[] {
  return GPU_CHECKS.map((name) => {
    const made = checks.find((check) => check.name === name);
    return { ...HELP[name], outcome: made?.outcome ?? 'not reached', found: made?.found ?? 'not reached' };
  });
}

/** Whether a person should be told that the GPU they did not decline is missing. */
export function missesGpu(report: AdapterReport | undefined): report is AdapterReport & { noGpu: NoGpuReason } {
  return report?.engine === 'cpu' && report.noGpu !== undefined && report.noGpu !== 'not asked for';
}

/** What a report of a problem needs of the page's state. */
interface EngineState {
  readonly report?: AdapterReport | undefined;
  readonly checks?: readonly GpuCheck[] | undefined;
  readonly failure?: string | undefined;
}

/** Everything about browser, machine and engine that a report of a problem needs, as JSON. */
export async function diagnostics({ report, checks, failure }: EngineState): Promise<string> {
  const page = {
    userAgent: navigator.userAgent,
    secureContext: window.isSecureContext,
    crossOriginIsolated: window.crossOriginIsolated,
    'navigator.gpu': 'gpu' in navigator,
    webgl: webglRenderer(),
    cores: navigator.hardwareConcurrency,
    viewport: [window.innerWidth, window.innerHeight],
    devicePixelRatio: window.devicePixelRatio,
    storage: await navigator.storage?.estimate().catch(() => undefined),
  };
  return JSON.stringify({ page, failure, checks, report: report ?? 'none yet' }, null, 2);
}

/** What WebGL draws with: it often tells of a graphics card that WebGPU is not given. */
export function webglRenderer(): string {
  const gl = document.createElement('canvas').getContext('webgl2');
  if (!gl) return 'none';
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  const name = String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return name;
}
