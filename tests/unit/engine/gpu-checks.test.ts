/** The checks on the way to a WebGPU device: made in order, up to the first that fails. */
import { afterEach, expect, test, vi } from 'vitest';
import { openEngine } from '../../../src/engine/open.ts';
import { GPU_CHECKS } from '../../../src/engine/report.ts';
import { checkRows, missesGpu } from '../../../src/ui/engine-help.ts';

const LIMITS = { maxStorageBuffersPerShaderStage: 8, maxComputeInvocationsPerWorkgroup: 256, maxBindGroups: 4 };

interface Fake {
  readonly description?: string;
  readonly limits?: Partial<typeof LIMITS>;
  readonly refusal?: string;
}

/** An adapter, and a device that is never lost. */
function gpuWith({ description = 'A card', limits = {}, refusal }: Fake): GPU {
  const all = { ...LIMITS, maxBufferSize: 2 ** 28, maxStorageBufferBindingSize: 2 ** 27, ...limits };
  const device = { limits: all, addEventListener: () => undefined, lost: new Promise(() => undefined), destroy: () => undefined };
  const adapter = {
    info: { vendor: 'v', architecture: 'a', device: '', description, isFallbackAdapter: false },
    features: new Set(['subgroups']),
    limits: all,
    requestDevice: () => (refusal ? Promise.reject(new Error(refusal)) : Promise.resolve(device)),
  };
  return { requestAdapter: () => Promise.resolve(adapter) } as unknown as GPU;
}

async function outcomes(gpu: GPU | undefined): Promise<string[]> {
  const { report } = await openEngine('auto', gpu, 'use');
  expect(missesGpu(report)).toBe(report.engine === 'cpu');
  return (report.checks ?? []).map(({ name, outcome }) => `${name} ${outcome}`);
}

afterEach(() => {
  vi.unstubAllGlobals();
});

test('all are made, in their order, where a device opens', async () => {
  vi.stubGlobal('isSecureContext', true);
  expect(await outcomes(gpuWith({}))).toEqual(GPU_CHECKS.map((name) => `${name} passed`));
});

test('a software adapter is a warning, and is used', async () => {
  expect(await outcomes(gpuWith({ description: 'SwiftShader Device' }))).toContain('hardware warning');
});

test.each<[string, string, GPU | undefined]>([
  ['navigator.gpu', 'navigator.gpu missing', undefined],
  ['adapter', 'adapter null', { requestAdapter: () => Promise.resolve(null) } as unknown as GPU],
  ['limits', 'adapter lacks a limit', gpuWith({ limits: { maxStorageBuffersPerShaderStage: 7 } })],
  ['device', 'device request failed', gpuWith({ refusal: 'try later' })],
])('nothing is checked behind a failed check: %s', async (name, reason, gpu) => {
  vi.stubGlobal('isSecureContext', true);
  const { report } = await openEngine('auto', gpu, 'use');
  expect(report.noGpu).toBe(reason);
  const made = await outcomes(gpu);
  expect(made.at(-1)).toBe(`${name} failed`);
  expect(made).toHaveLength(GPU_CHECKS.indexOf(name as (typeof GPU_CHECKS)[number]) + 1);
  // Each row says what to do; those behind the failure were not reached.
  const rows = checkRows(report.checks ?? []);
  expect(rows.map(({ outcome }) => outcome)).toEqual(
    GPU_CHECKS.map((_, i) => (i < made.length - 1 ? 'passed' : i === made.length - 1 ? 'failed' : 'not reached')),
  );
});

test('plain http is named before the missing navigator.gpu that it causes', async () => {
  vi.stubGlobal('isSecureContext', false);
  expect(await outcomes(undefined)).toEqual(['secure context failed']);
});

test('a GPU that was asked for by name and is not there fails with the checks', async () => {
  await expect(openEngine('gpu', undefined, 'use')).rejects.toMatchObject({
    reason: 'navigator.gpu missing',
    checks: [expect.objectContaining({ name: 'navigator.gpu', outcome: 'failed' })],
  });
});
