import { expect, test } from 'vitest';
import { GpuContext } from '../../src/engine/gpu/context.ts';
import { GpuEngine } from '../../src/engine/gpu/engine.ts';
import { soak } from '../support/soak.ts';

/** Counts the buffers of a device that exist. */
function countBuffers(device: GPUDevice): { readonly live: Set<GPUBuffer> } {
  const live = new Set<GPUBuffer>();
  const create = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    const buffer = create(descriptor);
    const destroy = buffer.destroy.bind(buffer);
    buffer.destroy = () => {
      live.delete(buffer);
      return destroy();
    };
    live.add(buffer);
    return buffer;
  };
  return { live };
}

test('2,000 short runs on the GPU: no buffer more at their end than after a quarter of them, none when all is over', {
  timeout: 240_000,
}, async () => {
  const context = await GpuContext.open(navigator.gpu);
  const { live } = countBuffers(context.device);
  const samples: number[] = [];
  const engine = new GpuEngine(context, { engine: 'gpu', why: 'A test.' });
  expect(await soak(engine, [0, 2000], () => samples.push(live.size))).toBe(2000);
  const [early, late] = samples;
  expect(early).toBeGreaterThan(5);
  expect(late).toBeLessThanOrEqual(early);
  expect(live.size).toBe(0);
  context.destroy();
});
