import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { finish, listFiles, makeFolder, NO_DRIVER, runCli, SLOW, startCli, withoutDawn } from './run-cli.ts';

const TINY = [
  '--set',
  'model.depth=3',
  '--set',
  'model.width=8',
  '--set',
  'batchSize=8',
  '--set',
  'iterations=12',
  '--set',
  'probes.testEvery=5',
];
const CPU = ['--engine', 'cpu'];

test('a table ends a run, with nothing on stderr', async () => {
  const { code, stdout, stderr } = await runCli(['train', 'digits8-relu-8', ...TINY, ...CPU], makeFolder());
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const name of [
    'run',
    'engine',
    'verdict',
    'loss',
    'test accuracy',
    'clipped',
    'not finite',
    'gradient norm',
    'log2',
    'plain',
  ]) {
    expect(stdout).toMatch(new RegExp(`^${name} `, 'm'));
  }
});

test('--json is one document, the same as summary.json', async () => {
  const folder = makeFolder();
  const { code, stdout } = await runCli(['train', 'digits8-relu-8', ...TINY, ...CPU, '--json', '--out', 'a/b'], folder);
  expect(code).toBe(0);
  const document = JSON.parse(stdout);
  expect(document).toMatchObject({
    runId: expect.stringMatching(/^[0-9a-f]{16}$/),
    engine: { engine: 'cpu' },
    experiment: { iterations: 12, model: { depth: 3, bias: true } },
    iterations: 12,
    clipShare: null,
    firstNonFinite: null,
    // He initialisation keeps a ReLU network's gradients level.
    prediction: { chi1: expect.closeTo(1, 9), qStar: 'any', source: expect.stringContaining('Poole') },
  });
  expect(document.tests.map(({ iteration }: { iteration: number }) => iteration)).toEqual([5, 10, 12]);
  expect(document.testAccuracy).toBe(document.tests.at(-1).accuracy);
  expect(document.gradientNorm.max).toBeCloseTo(2 ** document.log2GradientNorm.max, 6);
  expect(JSON.parse(readFileSync(join(folder, 'a/b/summary.json'), 'utf8'))).toEqual(document);
});

test('--out writes five files, and training experiment.json again gives the same trace, bit for bit', async () => {
  const folder = makeFolder();
  const first = await runCli(['train', 'digits8-relu-8', ...TINY, ...CPU, '--out', 'one'], folder);
  const second = await runCli(['train', 'one/experiment.json', ...CPU, '--out', 'two'], folder);
  expect([first.code, second.code]).toEqual([0, 0]);
  const names = ['experiment.json', 'layers.csv', 'summary.json', 'tests.csv', 'trace.csv'];
  expect(listFiles(join(folder, 'one'))).toEqual(names);
  expect(listFiles(join(folder, 'two'))).toEqual(names);
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  for (const name of names.filter((file) => file !== 'summary.json')) expect(read(`two/${name}`)).toBe(read(`one/${name}`));
  const rows = read('one/trace.csv').trim().split('\n');
  expect(rows).toHaveLength(1 + 12);
  expect(rows[0]).toBe(
    'iteration,loss,accuracy,log2GradientNorm,clipCoefficient,log2WeightNorm,log2UpdateNorm,nonFinite,learningRate,log2LossScale,firstNonFinite',
  );
  const layers = read('one/layers.csv').split('\n')[0].split(',');
  // Three hidden layers and the last one, each with ‖dL/dz‖, ‖dL/dW‖ and its weight's norms; outputs of hidden layers alone.
  expect(layers).toEqual([
    'iteration',
    ...[0, 1, 2, 3].map((l) => `log2 dz${l}`),
    ...[0, 1, 2, 3].map((l) => `log2 grad.l${l}.weight`),
    ...['log2 rms', 'blocked'].flatMap((name) => [0, 1, 2].map((l) => `${name} h${l}`)),
    ...['log2', 'log2 update'].flatMap((name) => [0, 1, 2, 3].map((l) => `${name} l${l}.weight`)),
  ]);
});

test('a run that diverges keeps its trace and ends with 0; what is not finite is a string', async () => {
  const hot = ['--set', 'optimizer.learningRate=1e9', '--set', 'model.activation=linear'];
  const { code, stdout } = await runCli(['train', 'digits8-relu-8', ...TINY, ...hot, ...CPU, '--json'], makeFolder());
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    loss: 'NaN',
    log2GradientNorm: { last: 'NaN' },
    firstNonFinite: { iteration: expect.any(Number), tensor: expect.any(String) },
    verdict: { kind: expect.stringMatching(/diverged|exploding/) },
  });
});

test('--set reads JSON, and a word where it is none', async () => {
  const sets = ['--set', 'clip={"rule":"torch_norm","max":0.5}', '--set', 'model.activation=tanh'];
  const { stdout } = await runCli(['train', 'digits8-relu-8', ...TINY, ...sets, ...CPU, '--json'], makeFolder());
  expect(JSON.parse(stdout).experiment).toMatchObject({ clip: { rule: 'torch_norm', max: 0.5 }, model: { activation: 'tanh' } });
  expect(JSON.parse(stdout).clipShare).toBeGreaterThan(0);
});

test('a regression has no accuracy', async () => {
  const { stdout } = await runCli(
    ['train', 'digits8-relu-8', ...TINY, '--set', 'task={"name":"teacher"}', ...CPU, '--json'],
    makeFolder(),
  );
  expect(JSON.parse(stdout)).toMatchObject({ accuracy: null, testAccuracy: null, testLoss: expect.any(Number) });
});

test('auto says which engine it took and why', async () => {
  const { code, stdout } = await runCli(['train', 'digits8-relu-8', ...TINY, '--json'], makeFolder());
  expect(code).toBe(0);
  expect(JSON.parse(stdout).engine).toMatchObject({
    engine: expect.stringMatching(/^[cg]pu$/),
    why: expect.stringMatching(/\.$/),
  });
});

test('the GPU without a driver is SwiftShader, and its curve is the CPU engine’s', SLOW, async () => {
  const folder = makeFolder();
  const [gpu, cpu] = await Promise.all(
    ['gpu', 'cpu'].map((engine) => runCli(['train', 'digits8-relu-8', ...TINY, '--engine', engine, '--json'], folder, NO_DRIVER)),
  );
  expect({ code: gpu.code, stderr: withoutDawn(gpu.stderr) }).toEqual({ code: 0, stderr: '' });
  const [a, b] = [JSON.parse(gpu.stdout), JSON.parse(cpu.stdout)];
  expect(a.engine.engine).toBe('gpu');
  if (process.platform === 'linux') expect(a.engine.adapter.description).toContain('SwiftShader');
  expect(a.runId).toBe(b.runId);
  // 12 iterations of a small network: rounding has not been amplified yet.
  expect(Math.abs(a.loss / b.loss - 1)).toBeLessThan(1e-4);
});

const LONG = ['train', 'digits8-relu-8', '--set', 'iterations=1000000', '--set', 'probes.testEvery=0', '--out', 'out'];
/** Makes every process of a command say so once it listens for signals. */
const LISTENING = `--import=data:text/javascript,${encodeURIComponent(
  'const t = setInterval(() => { if (process.listenerCount("SIGINT") > 0) { clearInterval(t); process.stderr.write("listening\\n"); } }, 20); t.unref();',
)}`;

test.each([
  ['SIGINT', 130, 'cpu'],
  ['SIGTERM', 143, 'cpu'],
  ['SIGINT', 130, 'gpu'],
] as const)('%s ends a run with %i, nothing written (%s)', async (signal, code, engine) => {
  const folder = makeFolder();
  const child = startCli([...LONG, '--engine', engine], folder, { ...NO_DRIVER, NODE_OPTIONS: LISTENING });
  // On Linux the GPU engine runs in a second process.
  const processes = engine === 'gpu' && process.platform === 'linux' ? 2 : 1;
  let said = '';
  const listening = new Promise<void>((resolve) => {
    child.stderr?.on('data', (data) => {
      said += data;
      if (said.split('listening').length > processes) resolve();
    });
  });
  const ended = finish(child);
  await Promise.race([listening, ended]);
  // Time to begin with the training.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  child.kill(signal);
  expect((await ended).code).toBe(code);
  expect(existsSync(join(folder, 'out'))).toBe(false);
});

test('a reader that closes the pipe early does no harm', async () => {
  const folder = makeFolder();
  const child = startCli(['train', 'digits8-relu-8', ...TINY, ...CPU, '--json', '--out', 'out'], folder);
  child.stdout?.destroy();
  const { code, stderr } = await finish(child);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(listFiles(join(folder, 'out'))).toContain('summary.json');
});
