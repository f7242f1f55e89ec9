/** Opens the engine that is measured. */
import { openNodeEngine } from '../cli/node-engine.ts';
import type { Engine } from '../engine/engine.ts';
import type { AdapterReport } from '../engine/report.ts';

export const ENGINES = ['gpu', 'cpu'] as const;
export type EngineName = (typeof ENGINES)[number];

/**
 * @throws NoGpuError when the GPU is asked for and there is none
 * @throws HandedOver when a process with a software driver has done the work
 */
export function openMeasured(name: EngineName): Promise<Engine> {
  return openNodeEngine(name);
}

/** The adapter in one line. */
export function nameOf({ engine, adapter }: AdapterReport): string {
  if (engine === 'cpu' || !adapter) return 'the CPU engine';
  return adapterName(adapter);
}

export function adapterName(adapter: {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
}): string {
  const { vendor, architecture, device, description } = adapter;
  return [...new Set([description, device, architecture, vendor])].filter(Boolean).join(', ');
}
