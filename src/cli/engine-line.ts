/** The engine in one line, and as data. */
import { type AdapterReport, nameOfAdapter } from '../engine/report.ts';

export function engineLine({ engine, why, adapter }: AdapterReport): string {
  return engine === 'gpu' && adapter ? `WebGPU, ${adapterName(adapter)}` : `CPU (${why})`;
}

export function adapterName(adapter: NonNullable<AdapterReport['adapter']>): string {
  const name = nameOfAdapter(adapter) || 'unnamed';
  return adapter.software ? `${name} (software)` : name;
}

/** What reports keep of an engine. */
export function engineDocument({ engine, why, adapter }: AdapterReport) {
  const { vendor, architecture, device, description, software } = adapter ?? {};
  return { engine, why, ...(adapter ? { adapter: { vendor, architecture, device, description, software } } : {}) };
}
