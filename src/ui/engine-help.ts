/** What to do when there is no WebGPU, and what to copy into a report. */
import type { AdapterReport, NoGpuReason } from '../engine/report.ts';

const REMEDIES: Readonly<Record<NoGpuReason, string>> = {
  'navigator.gpu missing':
    'This browser does not offer WebGPU here. Use Chrome or Edge 113 or later, Safari 26 or Firefox 141 on Windows; open the page over https or from localhost. On Linux, Chrome needs version 144 or the flag chrome://flags/#enable-unsafe-webgpu.',
  'adapter null':
    'The browser knows WebGPU and found no graphics adapter for it. Turn on “Use graphics acceleration” in the browser’s settings, update the graphics driver, look at chrome://gpu for what is blocked, then reload.',
  'device request failed':
    'The adapter refused a device, often after a crash of the graphics process. Close other heavy tabs, wait two minutes, reload.',
  'adapter lacks a limit':
    'The adapter is too small for these settings. Choose a smaller depth, width or batch, or stay on the CPU engine.',
  'not asked for': 'The CPU engine was chosen. Choose “auto” or “GPU” to use WebGPU.',
};

export function remedyFor(reason: NoGpuReason): string {
  return REMEDIES[reason];
}

/** Whether a person should be told that the GPU they did not decline is missing. */
export function missesGpu(report: AdapterReport | undefined): report is AdapterReport & { noGpu: NoGpuReason } {
  return report?.engine === 'cpu' && report.noGpu !== undefined && report.noGpu !== 'not asked for';
}

/** Everything about browser and adapter that a report of a problem needs, as JSON. */
export function diagnostics(report: AdapterReport | undefined): string {
  const page = {
    userAgent: navigator.userAgent,
    secureContext: window.isSecureContext,
    crossOriginIsolated: window.crossOriginIsolated,
    'navigator.gpu': 'gpu' in navigator,
    cores: navigator.hardwareConcurrency,
    devicePixelRatio: window.devicePixelRatio,
  };
  return JSON.stringify({ page, report: report ?? 'none yet' }, null, 2);
}
