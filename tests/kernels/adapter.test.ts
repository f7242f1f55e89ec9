import { expect, test } from 'vitest';

test('the test browser has a WebGPU adapter', async () => {
  expect(navigator.gpu, 'navigator.gpu is missing: a browser without WebGPU, or a page that is no secure context').toBeDefined();
  const adapter = await navigator.gpu.requestAdapter();
  if (adapter === null)
    throw new Error('The adapter is null. tests/setup/browser-args.ts names the flags that give a software one.');
  const device = await adapter.requestDevice();
  device.destroy();
  expect((await device.lost).reason).toBe('destroyed');
});
