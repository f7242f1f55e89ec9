import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder, NO_DRIVER, runCli, SLOW, withoutDawn } from './run-cli.ts';

const CASES = join(process.cwd(), 'tests/golden/cases');
const FILES = readdirSync(CASES)
  .filter((name) => name.endsWith('.json') && name !== 'rnn_tanh.json')
  .map((name) => join(CASES, name));

test('every MLP and residual case passes on both engines, on Linux with SwiftShader in Node', SLOW, async () => {
  const { code, stdout, stderr } = await runCli(['audit', ...FILES, '--engine', 'both', '--json'], makeFolder(), NO_DRIVER);
  expect({ code, stderr: withoutDawn(stderr) }).toEqual({ code: 0, stderr: '' });
  const { passed, engines, audits } = JSON.parse(stdout);
  expect(passed).toBe(true);
  expect(engines.map(({ engine }: { engine: string }) => engine)).toEqual(['cpu', 'gpu']);
  if (process.platform === 'linux') expect(engines[1].adapter.description).toContain('SwiftShader');
  expect(audits).toHaveLength(2 * FILES.length);
  for (const audit of audits) expect(audit).toMatchObject({ passed: true, quantities: Array(9).fill({ passed: true }) });
});

test('every case passes in the extended range', async () => {
  const { code, stdout } = await runCli(['audit', ...FILES, '--range', 'extended', '--json'], makeFolder());
  expect(code).toBe(0);
  const { audits } = JSON.parse(stdout);
  expect(audits.map(({ range, passed }: { range: string; passed: boolean }) => [range, passed])).toEqual(
    FILES.map(() => ['extended', true]),
  );
});

test('tables name every quantity, and the last one every case', async () => {
  const { code, stdout } = await runCli(['audit', ...FILES], makeFolder());
  expect(code).toBe(0);
  expect(stdout.match(/^parameters after 3 /gm)).toHaveLength(FILES.length);
  expect(stdout.match(/^\w+ +cpu .* pass$/gm)).toHaveLength(FILES.length);
});

/** A case whose stored tensor has its first element changed. */
function tamper(folder: string, tensor: string, change: (value: number) => number): void {
  copyFileSync(join(CASES, 'mlp_tanh.json'), join(folder, 'mlp_tanh.json'));
  const bytes = readFileSync(join(CASES, 'mlp_tanh.safetensors'));
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length));
  const at = 8 + length + header[tensor].data_offsets[0];
  bytes.writeFloatLE(change(bytes.readFloatLE(at)), at);
  writeFileSync(join(folder, 'mlp_tanh.safetensors'), bytes);
}

test.each([
  ['grad.l1.weight', 'dL/dparameter', 'cpu'],
  ['dact.z0', 'dL/dactivation', 'cpu'],
  ['after3.l3.weight', 'parameters after 3', 'gpu'],
])('a tampered %s ends with 1 and is named (%s, %s)', SLOW, async (tensor, quantity, engine) => {
  const folder = makeFolder();
  tamper(folder, tensor, (value) => value + 0.01);
  const { code, stdout } = await runCli(['audit', 'mlp_tanh.json', '--engine', engine], folder, NO_DRIVER);
  expect(code).toBe(1);
  const failed = stdout.split('\n').filter((line) => line.endsWith('FAIL'));
  expect(failed).toHaveLength(2);
  expect(failed[0]).toMatch(new RegExp(`^${quantity} .* ${tensor} `));
  expect(failed[1]).toContain(tensor);
});

test('a NaN ends with 1', async () => {
  const folder = makeFolder();
  tamper(folder, 'grad.l0.bias', () => Number.NaN);
  const { code, stdout } = await runCli(['audit', 'mlp_tanh.json', '--json'], folder);
  expect(code).toBe(1);
  expect(JSON.parse(stdout).audits[0].quantities).toContainEqual(
    expect.objectContaining({ quantity: 'dL/dparameter', worst: 'NaN', where: 'grad.l0.bias', passed: false }),
  );
});
