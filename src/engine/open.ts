/** Chooses the engine a user asked for, and says why. Only the one that runs is loaded. */
import type { Engine } from './engine.ts';
import { type Awaiting, GpuContext, NoGpuError } from './gpu/context.ts';
import type { AdapterReport, EngineChoice } from './report.ts';

/** What `auto` makes of a software adapter: the page uses it (it keeps the reader's processor free to draw), Node does not. */
export type SoftwareRule = 'use' | 'refuse';

/**
 * @param gpu `navigator.gpu`, or Dawn's in Node; undefined where there is none
 * @param awaiting what the device's promises pass through
 * @throws NoGpuError when the GPU was asked for by name and there is none
 */
export async function openEngine(
  choice: EngineChoice,
  gpu: GPU | undefined,
  software: SoftwareRule,
  awaiting?: Awaiting,
): Promise<Engine> {
  if (choice === 'cpu') return cpuEngine({ engine: 'cpu', why: 'The CPU engine was asked for.', noGpu: 'not asked for' });
  try {
    // While the device is asked for. A failure to load is met below, where there is a device for it.
    const loading = gpu && import('./gpu/engine.ts');
    loading?.catch(() => undefined);
    const context = await GpuContext.open(gpu, awaiting);
    const { adapter, checks } = context;
    const kind = adapter.software ? 'software' : 'hardware';
    if (choice === 'auto' && adapter.software && software === 'refuse') {
      context.destroy();
      const why = `Only a software WebGPU adapter was found (${adapter.description || adapter.architecture}); the CPU engine is used instead.`;
      return cpuEngine({ engine: 'cpu', why, adapter, checks });
    }
    const { GpuEngine } = await (loading ?? import('./gpu/engine.ts'));
    return new GpuEngine(context, { engine: 'gpu', why: `A ${kind} WebGPU adapter was found.`, adapter, checks });
  } catch (error) {
    if (choice === 'gpu' || !(error instanceof NoGpuError)) throw error;
    const { message, reason, checks } = error;
    return cpuEngine({ engine: 'cpu', why: `${message} The CPU engine runs instead.`, noGpu: reason, checks });
  }
}

async function cpuEngine(report: AdapterReport): Promise<Engine> {
  const { CpuEngine } = await import('./cpu/engine.ts');
  return new CpuEngine(report);
}
