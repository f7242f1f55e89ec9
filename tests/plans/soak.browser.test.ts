import { expect, test } from 'vitest';
import { GpuContext } from '../../src/engine/gpu/context.ts';
import { GpuEngine } from '../../src/engine/gpu/engine.ts';
import { IN_FLIGHT } from '../../src/sweep/pace.ts';
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

// Blocks in flight but one; then, in one turn of the loop, an evaluation, a block and a read-back of the training state.
const MOST_READS = IN_FLIGHT - 1 + 3;

test('2,000 short runs on the GPU: no buffer more at their end than after a quarter of them, none when all is over', {
  timeout: 240_000,
}, async () => {
  const context = await GpuContext.open(navigator.gpu);
  const { live } = countBuffers(context.device);
  const samples: { plan: number; staging: number }[] = [];
  const engine = new GpuEngine(context, { engine: 'gpu', why: 'A test.' });
  const sample = () => {
    const staging = [...live].filter(({ label }) => label === 'staging').length;
    samples.push({ plan: live.size - staging, staging });
  };
  expect(await soak(engine, [0, 2000], sample)).toBe(2000);
  const [early, late] = samples;
  expect(early.plan).toBeGreaterThan(5);
  expect(late.plan).toBe(early.plan);
  // How many reads meet depends on time, and reads grow with the blocks: what holds at any time is the most that can meet.
  for (const { staging } of samples) {
    expect(staging).toBeGreaterThan(0);
    expect(staging).toBeLessThanOrEqual(MOST_READS);
  }
  expect(live.size).toBe(0);
  context.destroy();
});
