import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listFiles, makeFolder, NO_DRIVER, runCli, SLOW, withoutDawn } from './run-cli.ts';

const MODEL = { kind: 'mlp', depth: 3, width: 8, init: { scheme: 'scaled_normal' } };
const SWEEP = {
  title: 'Small',
  experiment: { model: MODEL, optimizer: { name: 'sgd' }, batchSize: 8, iterations: 30 },
  axes: [
    { path: 'optimizer.learningRate', values: [0.01, 1e30] },
    { path: 'clip', values: [{ rule: 'none' }, { rule: 'torch_norm', max: 1 }] },
    { path: 'seed', values: [1, 2, 2] },
  ],
};

function makeSweep(document: object): string {
  const folder = makeFolder();
  writeFileSync(join(folder, 'sweep.json'), JSON.stringify(document));
  return folder;
}

test('runs become a table, a CSV file and a document; a point that is the same run is left out', async () => {
  const folder = makeSweep(SWEEP);
  const { code, stdout, stderr } = await runCli(['sweep', 'sweep.json', '--engine', 'cpu', '--out', 'out'], folder);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(listFiles(join(folder, 'out'))).toEqual(['results.csv', 'results.json', 'sweep.json']);
  const lines = stdout.split('\n');
  expect(lines[0]).toMatch(/learningRate +clip +seed +verdict +loss +test accuracy +max log2 ‖g‖ +non-finite at/);
  expect(stdout).toMatch(/^8 runs in .*, 4 points left out that are the same run as an earlier one\.$/m);
  const csv = readFileSync(join(folder, 'out/results.csv'), 'utf8').trim().split('\n');
  expect(csv).toHaveLength(1 + 8);
  expect(csv[0]).toMatch(/^runId,optimizer\.learningRate,clip,seed,verdict,iterations,loss,/);
  const { runs, duplicates } = JSON.parse(readFileSync(join(folder, 'out/results.json'), 'utf8'));
  expect(runs).toHaveLength(8);
  expect(duplicates).toHaveLength(4);
  const at = (rate: number, rule: string) =>
    runs.filter(
      ({ point }: { point: Record<string, { rule?: string }> }) =>
        Number(point['optimizer.learningRate']) === rate && point.clip.rule === rule,
    );
  for (const run of at(1e30, 'none'))
    expect(run).toMatchObject({ loss: 'NaN', firstNonFinite: { iteration: expect.any(Number) } });
  for (const run of at(0.01, 'none')) expect(run).toMatchObject({ firstNonFinite: null, clipShare: null, iterations: 30 });
  for (const run of at(0.01, 'torch_norm')) expect(run.clipShare).toBeGreaterThanOrEqual(0);
});

test('a run does not depend on the cohort it trains in', async () => {
  const folder = makeSweep(SWEEP);
  const swept = await runCli(['sweep', 'sweep.json', '--engine', 'cpu', '--out', 'out', '--json'], folder);
  const [first] = JSON.parse(swept.stdout).runs;
  writeFileSync(join(folder, 'one.json'), JSON.stringify({ ...SWEEP.experiment, seed: 1 }));
  const alone = await runCli(['train', 'one.json', '--engine', 'cpu', '--json'], folder);
  const { runId, loss, testLoss, log2GradientNorm, verdict } = JSON.parse(alone.stdout);
  expect(first).toMatchObject({ runId, loss, testLoss, log2GradientNorm, verdict });
});

test('what --out wrote as sweep.json, with --set applied, is the same sweep', async () => {
  const folder = makeSweep({ ...SWEEP, axes: SWEEP.axes.slice(2) });
  const first = await runCli(['sweep', 'sweep.json', '--set', 'iterations=5', '--engine', 'cpu', '--out', 'a', '--json'], folder);
  const second = await runCli(['sweep', 'a/sweep.json', '--engine', 'cpu', '--out', 'b', '--json'], folder);
  expect(JSON.parse(second.stdout).runs).toEqual(JSON.parse(first.stdout).runs);
  expect(JSON.parse(first.stdout).runs[0].iterations).toBe(5);
});

test('shapes that differ train in cohorts of their own', async () => {
  const folder = makeSweep({
    ...SWEEP,
    axes: [
      { path: 'model.depth', values: [1, 2] },
      { path: 'iterations', values: [3, 6] },
    ],
  });
  const { code, stdout } = await runCli(['sweep', 'sweep.json', '--engine', 'cpu', '--out', 'out', '--json'], folder);
  expect(code).toBe(0);
  expect(JSON.parse(stdout).runs.map((run: { iterations: number }) => run.iterations)).toEqual([3, 6, 3, 6]);
});

test('the GPU without a driver is SwiftShader, with the CPU engine’s verdicts', SLOW, async () => {
  const folder = makeSweep(SWEEP);
  const [gpu, cpu] = await Promise.all(
    ['gpu', 'cpu'].map((engine) =>
      runCli(['sweep', 'sweep.json', '--engine', engine, '--out', engine, '--json'], folder, NO_DRIVER),
    ),
  );
  expect({ code: gpu.code, stderr: withoutDawn(gpu.stderr) }).toEqual({ code: 0, stderr: '' });
  const kinds = (text: string) => JSON.parse(text).runs.map(({ verdict }: { verdict: { kind: string } }) => verdict.kind);
  expect(kinds(gpu.stdout)).toEqual(kinds(cpu.stdout));
});
