import { expect, test } from 'vitest';
import { makeFolder, NO_DRIVER, runCli, withoutDawn } from './run-cli.ts';

test('auto takes a hardware GPU, else the CPU engine, and says why', async () => {
  const { code, stdout } = await runCli(['info', '--json'], makeFolder());
  expect(code).toBe(0);
  const { engine, why, adapter, noGpu, hint } = JSON.parse(stdout);
  expect(why).toMatch(/^A hardware WebGPU adapter|The CPU engine runs instead\.$|the CPU engine is used instead\.$/);
  expect(engine).toBe(adapter && !adapter.software ? 'gpu' : 'cpu');
  expect(engine === 'cpu').toBe(hint !== undefined);
  expect(adapter !== undefined || noGpu !== undefined).toBe(true);
});

test('--engine gpu names an adapter with its limits; a software one comes with a hint', async () => {
  const { code, stdout, stderr } = await runCli(['info', '--engine', 'gpu', '--json'], makeFolder(), NO_DRIVER);
  expect({ code, stderr: withoutDawn(stderr) }).toEqual({ code: 0, stderr: '' });
  const { engine, adapter, hint } = JSON.parse(stdout);
  expect(engine).toBe('gpu');
  expect(adapter.limits.maxStorageBuffersPerShaderStage).toBeGreaterThanOrEqual(8);
  expect(adapter.software).toBe(hint !== undefined);
  if (process.platform === 'linux')
    expect(adapter).toMatchObject({ software: true, description: expect.stringContaining('SwiftShader') });
});

test('without --json it is a table', async () => {
  const { stdout } = await runCli(['info', '--engine', 'cpu'], makeFolder());
  expect(stdout).toBe('engine  CPU\nwhy     The CPU engine was asked for.\n');
});
