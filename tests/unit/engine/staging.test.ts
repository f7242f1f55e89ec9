import { beforeAll, expect, test } from 'vitest';
import { StagingPool } from '../../../src/engine/gpu/staging.ts';

// The flags of a browser's WebGPU, which Node lacks; their values do not matter to a device that only counts.
beforeAll(() => {
  (globalThis as { GPUBufferUsage?: unknown }).GPUBufferUsage ??= { MAP_READ: 1, COPY_DST: 8 };
});

function pool() {
  const live = new Set<number>();
  let made = 0;
  const device = {
    createBuffer({ size }: GPUBufferDescriptor) {
      const id = made++;
      live.add(id);
      return { size, label: String(id), destroy: () => live.delete(id) } as unknown as GPUBuffer;
    },
  };
  return { staging: new StagingPool(device), live };
}

test('a read takes the smallest buffer that will do', () => {
  const { staging, live } = pool();
  const small = staging.take(16);
  const large = staging.take(4096);
  staging.giveBack(large);
  staging.giveBack(small);
  expect(staging.take(8)).toBe(small);
  expect(staging.take(8)).toBe(large);
  expect(live.size).toBe(2);
});

test('reads that grow leave no more buffers than have been under way at once', () => {
  const { staging, live } = pool();
  for (let bytes = 4; bytes <= 4096; bytes += 4) {
    const reads = [staging.take(bytes), staging.take(bytes / 2)];
    for (const buffer of reads) staging.giveBack(buffer);
    expect(live.size).toBeLessThanOrEqual(2);
  }
});

test('a destroyed pool keeps nothing, not even what is given back later', () => {
  const { staging, live } = pool();
  const [first, second] = [staging.take(4), staging.take(4)];
  staging.giveBack(first);
  staging.destroy();
  expect(live.size).toBe(1);
  staging.giveBack(second);
  expect(live.size).toBe(0);
});
