import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { finish, listFiles, makeFolder, NO_DRIVER, runCli, SLOW, startCli, withoutDawn } from './run-cli.ts';

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
/** Depths and lengths that differ: 24 runs, a second or two. */
const RAGGED = {
  experiment: { model: MODEL, optimizer: { name: 'sgd', learningRate: 0.05 }, batchSize: 8, probes: { testEvery: 20 } },
  axes: [
    { path: 'model.depth', values: [1, 6, 3] },
    { path: 'iterations', values: [40, 1500] },
    { path: 'seed', range: { from: 1, to: 4, count: 4, scale: 'integer' } },
  ],
};
const CPU = ['--engine', 'cpu'];

function makeSweep(document: object): string {
  const folder = makeFolder();
  writeFileSync(join(folder, 'sweep.json'), JSON.stringify(document));
  return folder;
}

/** The bytes of a folder's results and traces, exported. */
async function exported(folder: string, name: string): Promise<string> {
  const { code, stderr } = await runCli(['export', name, '--format', 'csv', '--traces', '--out', `${name}.csv`], folder);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const files = readdirSync(folder).filter((file) => file.startsWith(`${name}.`) || file.startsWith(`${name}-`));
  expect(files.length).toBeGreaterThan(1);
  return files
    .sort()
    .map((file) => `${file.slice(name.length)}\n${readFileSync(join(folder, file), 'utf8')}`)
    .join('\n');
}

describe('results', () => {
  test('runs become a table and records; a point that is the same run is left out', async () => {
    const folder = makeSweep(SWEEP);
    const { code, stdout, stderr } = await runCli(['sweep', 'sweep.json', ...CPU, '--out', 'out'], folder);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^8 runs on CPU .*\(4 points the same run/) });
    expect(stderr).toMatch(/^ {2}MLP, width 8, relu, batch 8, digits8, sgd, depth 3: 8 runs, \d+ at a time, .*, about 0:0\d$/m);
    expect(listFiles(join(folder, 'out'))).toEqual(['runs-0001.jsonl', 'sweep.json', 'traces-0001.bin']);
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/learningRate +clip +seed +verdict +loss +test accuracy +max log2 ‖g‖ +non-finite at/);
    expect(stdout).toMatch(/^8 runs, .* s on CPU .*, 4 points left out that are the same run as an earlier one\.$/m);
  });

  test('the document has every field of every run', async () => {
    const folder = makeSweep(SWEEP);
    const { stdout } = await runCli(['sweep', 'sweep.json', ...CPU, '--out', 'out', '--json'], folder);
    const { runs, duplicates } = JSON.parse(stdout);
    expect([runs.length, duplicates.length]).toEqual([8, 4]);
    const at = (rate: number, rule: string) =>
      runs.filter(
        ({ point }: { point: Record<string, { rule?: string }> }) =>
          Number(point['optimizer.learningRate']) === rate && point.clip.rule === rule,
      );
    for (const run of at(1e30, 'none'))
      expect(run).toMatchObject({ ended: 'weights_not_finite', firstNonFinite: { iteration: expect.any(Number) } });
    for (const run of at(0.01, 'none')) expect(run).toMatchObject({ firstNonFinite: null, clipShare: null, iterations: 30 });
    for (const run of at(0.01, 'torch_norm')) expect(run.clipShare).toBeGreaterThanOrEqual(0);
  });

  test('a run does not depend on the cohort it trains in', async () => {
    const folder = makeSweep(SWEEP);
    const swept = await runCli(['sweep', 'sweep.json', ...CPU, '--out', 'out', '--json'], folder);
    const [first] = JSON.parse(swept.stdout).runs;
    const experiment = { ...SWEEP.experiment, optimizer: { name: 'sgd', learningRate: 0.01 }, seed: 1 };
    writeFileSync(join(folder, 'one.json'), JSON.stringify({ ...experiment, stop: { weightsNotFinite: true } }));
    const alone = await runCli(['train', 'one.json', ...CPU, '--json'], folder);
    const { runId, loss, testLoss, log2GradientNorm, verdict } = JSON.parse(alone.stdout);
    expect(first).toMatchObject({ runId, loss, testLoss, log2GradientNorm, verdict });
  });

  test('what lies in --out as sweep.json, with --set applied, is the same sweep', async () => {
    const folder = makeSweep({ ...SWEEP, axes: SWEEP.axes.slice(2) });
    const first = await runCli(['sweep', 'sweep.json', '--set', 'iterations=5', ...CPU, '--out', 'a', '--json'], folder);
    const second = await runCli(['sweep', 'a/sweep.json', ...CPU, '--out', 'b', '--json'], folder);
    expect({ code: second.code, stderr: second.stderr }).toMatchObject({ code: 0 });
    expect(JSON.parse(first.stdout).runs[0].iterations).toBe(5);
    expect(await exported(folder, 'b')).toBe(await exported(folder, 'a'));
  });
});

describe('before a start', () => {
  test('--estimate groups and measures, and writes nothing', async () => {
    const folder = makeSweep({ ...RAGGED, axes: [...RAGGED.axes, { path: 'model.width', values: [8, 16] }] });
    const { code, stdout } = await runCli(['sweep', 'sweep.json', ...CPU, '--estimate', '--json'], folder);
    expect(code).toBe(0);
    const { runs, seconds, cohorts } = JSON.parse(stdout);
    expect(runs).toBe(48);
    expect(seconds).toBeGreaterThan(0);
    expect(cohorts).toMatchObject([
      { runs: 24, depths: [1, 6], label: 'MLP, width 8, relu, batch 8, digits8, sgd' },
      { runs: 24, depths: [1, 6], label: 'MLP, width 16, relu, batch 8, digits8, sgd' },
    ]);
    expect(listFiles(folder)).toEqual(['sweep.json']);
  });

  test('auto goes on with the engine that trained the kept runs', async () => {
    const folder = makeSweep({ ...SWEEP, axes: SWEEP.axes.slice(2) });
    const args = ['sweep', 'sweep.json', '--out', 'out', '--resume'];
    expect((await runCli([...args, ...CPU, '--shard', '0/2'], folder)).code).toBe(0);
    const { code, stderr } = await runCli(args, folder);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^2 runs on CPU \(The CPU engine was asked for/)]);
  });
});

describe('however a sweep is cut', () => {
  test('4 shards, one of them run twice, merge to the export of the whole', async () => {
    const folder = makeSweep(RAGGED);
    const whole = await runCli(['sweep', 'sweep.json', ...CPU, '--out', 'whole'], folder);
    expect(whole.code).toBe(0);
    const shards = [0, 1, 2, 3];
    for (const shard of shards) {
      const args = ['sweep', 'sweep.json', ...CPU, '--shard', `${shard}/4`, '--out', `s${shard}`, '--resume'];
      expect((await runCli(args, folder)).code).toBe(0);
      if (shard === 2) expect((await runCli(args, folder)).code).toBe(0);
    }
    const merged = await runCli(['merge', 's3', 's1', 's0', 's2', '--out', 'merged', '--json'], folder);
    expect(JSON.parse(merged.stdout)).toMatchObject({ found: 24, added: 24, runs: 24, missing: 0, conflicts: [] });
    expect(await exported(folder, 'merged')).toBe(await exported(folder, 'whole'));
  });

  test('killed in the middle and resumed, it has the export of one that was left alone', async () => {
    const folder = makeSweep(RAGGED);
    expect((await runCli(['sweep', 'sweep.json', ...CPU, '--out', 'whole'], folder)).code).toBe(0);
    const args = ['sweep', 'sweep.json', ...CPU, '--out', 'killed'];
    const child = startCli(args, folder);
    const ended = finish(child);
    const kept = () => {
      const file = join(folder, 'killed/runs-0001.jsonl');
      return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
    };
    const deadline = Date.now() + 30_000;
    while (kept() < 2 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGKILL');
    expect((await ended).signal).toBe('SIGKILL');
    const before = kept();
    expect(before).toBeGreaterThanOrEqual(2);
    expect(before).toBeLessThan(24);
    const again = await runCli(args, folder);
    expect([again.code, again.stderr]).toEqual([
      2,
      expect.stringMatching(/killed holds \d+ finished runs of this sweep; add --resume/),
    ]);
    const resumed = await runCli([...args, '--resume'], folder);
    expect([resumed.code, resumed.stderr]).toEqual([0, expect.stringMatching(/\d+ finished before/)]);
    expect(await exported(folder, 'killed')).toBe(await exported(folder, 'whole'));
  });

  test('Ctrl+C keeps what has finished and says how to go on', async () => {
    const folder = makeSweep({ ...RAGGED, experiment: { ...RAGGED.experiment, batchSize: 64 } });
    const child = startCli(['sweep', 'sweep.json', ...CPU, '--out', 'out', '--set', 'model.width=64'], folder);
    const ended = finish(child);
    const deadline = Date.now() + 30_000;
    while (!existsSync(join(folder, 'out/runs-0001.jsonl')) && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([
      130,
      expect.stringMatching(/Interrupted: \d+ of 24 runs are kept in out; go on with --resume\./),
    ]);
    const lines = readFileSync(join(folder, 'out/runs-0001.jsonl'), 'utf8').trim().split('\n').length;
    expect(stderr).toContain(`Interrupted: ${lines} of 24`);
  });

  test('a time is over, the rest is for another session', async () => {
    const folder = makeSweep({ ...RAGGED, stop: { seconds: 0.05 } });
    const { code, stderr } = await runCli(['sweep', 'sweep.json', ...CPU, '--out', 'out', '--set', 'model.width=64'], folder);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/The time is over: \d+ of 24 runs are kept in out/)]);
  });
});

describe('bad input', () => {
  test.each([
    [['--shard', '4/4'], 'sweep: --shard "4/4" is not valid; valid is i/n with i from 0 to n-1, such as 0/4.'],
    [['--shard', 'one'], 'sweep: --shard "one" is not valid'],
    [
      ['--set', 'model.depth=10000', '--set', 'model.width=4096'],
      /The run [0-9a-f]{16} \(MLP, width 4096.*depth 10000\), bytes of memory/,
    ],
    [['--set', 'model.depht=3'], 'depht'],
  ])('%s', async (args, expected) => {
    const folder = makeSweep(SWEEP);
    const { code, stderr } = await runCli(['sweep', 'sweep.json', ...CPU, '--out', 'out', ...args], folder);
    expect(code).toBe(2);
    expect(stderr).toMatch(expected);
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });

  test('the results of another sweep are left alone', async () => {
    const folder = makeSweep({ ...SWEEP, axes: SWEEP.axes.slice(2) });
    expect((await runCli(['sweep', 'sweep.json', ...CPU, '--out', 'out'], folder)).code).toBe(0);
    const before = listFiles(join(folder, 'out')).map((file) => readFileSync(join(folder, 'out', file), 'base64'));
    const other = await runCli(['sweep', 'sweep.json', ...CPU, '--out', 'out', '--resume', '--set', 'iterations=7'], folder);
    expect([other.code, other.stderr]).toEqual([2, expect.stringMatching(/out holds .*Small/)]);
    expect(listFiles(join(folder, 'out')).map((file) => readFileSync(join(folder, 'out', file), 'base64'))).toEqual(before);
  });
});

describe('on WebGPU', () => {
  test('the committed sweep of depth and learning rate, reduced, from end to end', SLOW, async () => {
    const committed = JSON.parse(readFileSync('src/scenarios/depth-learning-rate.json', 'utf8'));
    // Three depths, two rates and gains, both clip rules, one seed; networks and data shrunk.
    const pick: Record<string, (values: unknown[]) => unknown[]> = {
      'model.depth': () => [1, 2, 16],
      'optimizer.learningRate': (values) => [values[4], values[8]],
      'model.init.gain': (values) => [values[0], values.at(-1)],
      seed: (values) => values.slice(0, 1),
    };
    const reduced = {
      ...committed,
      experiment: { ...committed.experiment, batchSize: 16, iterations: 6, model: { ...committed.experiment.model, width: 8 } },
      axes: committed.axes.map(
        ({ path, values, range }: { path: string; values?: unknown[]; range?: { from: number; to: number } }) => {
          const all = values ?? [1e-4, 1e-3, 1e-2, 1e-1, 0.3, 1, 2, 5, 10];
          return range && !(path in pick) ? { path, range } : { path, values: (pick[path] ?? ((list) => list))(all) };
        },
      ),
    };
    const folder = makeSweep(reduced);
    const [gpu, cpu] = await Promise.all(
      ['gpu', 'cpu'].map((engine) =>
        runCli(['sweep', 'sweep.json', '--engine', engine, '--out', engine, '--json'], folder, NO_DRIVER),
      ),
    );
    expect({ code: gpu.code, stderr: withoutDawn(gpu.stderr) }).toMatchObject({ code: 0 });
    const runs = (text: string): { verdict: { kind: string }; engine: { engine: string } }[] => JSON.parse(text).runs;
    expect(runs(gpu.stdout).length).toBeGreaterThanOrEqual(24);
    expect(new Set(runs(gpu.stdout).map(({ engine }) => engine.engine))).toEqual(new Set(['gpu']));
    const kinds = (text: string) => runs(text).map(({ verdict }) => verdict.kind);
    expect(kinds(gpu.stdout)).toEqual(kinds(cpu.stdout));
    expect(new Set(kinds(gpu.stdout)).size).toBeGreaterThan(1);
  });
});
