/** Timed iterations, kept by engine for the next visit. */
import { type AdapterReport, nameOfAdapter } from '../../engine/report.ts';
import type { Timed } from './speed.ts';

const KEY = 'nablascope.timings';

/** What timings are comparable on. */
export function machineOf({ engine, adapter }: AdapterReport): string {
  return engine === 'gpu' && adapter ? `gpu ${nameOfAdapter(adapter)}` : 'cpu';
}

export function readTimings(machine: string): readonly Timed[] {
  const stored = all()[machine];
  return Array.isArray(stored) ? stored.filter(isTimed) : [];
}

export function writeTimings(machine: string, timed: readonly Timed[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...all(), [machine]: timed }));
  } catch {
    // Storage is full or forbidden: the next visit measures anew.
  }
}

function all(): Record<string, unknown> {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return typeof stored === 'object' && stored !== null ? { ...stored } : {};
  } catch {
    return {};
  }
}

function isTimed(value: unknown): value is Timed {
  const { dispatches, flop, seconds } = (value ?? {}) as Partial<Timed>;
  return [dispatches, flop, seconds].every((x) => typeof x === 'number' && Number.isFinite(x) && x > 0);
}
