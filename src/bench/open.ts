/** Opens the engine that is measured. */
import { CpuEngine } from '../engine/cpu/engine.ts';
import type { Engine } from '../engine/engine.ts';
import { openEngine } from '../engine/open.ts';
import type { AdapterReport } from '../engine/report.ts';

export const ENGINES = ['gpu', 'cpu'] as const;
export type EngineName = (typeof ENGINES)[number];

/** @throws NoGpuError when the GPU is asked for and there is none */
export async function openMeasured(name: EngineName): Promise<Engine> {
  if (name === 'cpu') return new CpuEngine({ engine: 'cpu', why: 'The CPU engine was asked for.', noGpu: 'not asked for' });
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  return openEngine('gpu', create([]), 'use');
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
