/** What cannot be used ends with 2, one sentence, no stack, and nothing written. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listFiles, makeFolder, NO_DRIVER, runCli, withoutDawn } from './run-cli.ts';

const CASES = join(process.cwd(), 'tests/golden/cases');
const SMALL = ['--set', 'iterations=2', '--set', 'model.depth=2', '--engine', 'cpu'];

/** A folder with broken documents beside whole ones. */
function makeDocuments(): string {
  const folder = makeFolder();
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write('broken.json', '{"iterations": 5,');
  write('empty.json', '');
  write('list.json', '[1]');
  write('unknown.json', '{"iteration": 5}');
  write('negative.json', '{"iterations": -5, "optimizer": {"name": "adam", "beta1": 2}}');
  write('contradiction.json', '{"task": {"name": "teacher"}, "loss": "cross_entropy"}');
  write('scenario.json', '{"title": "a", "experiment": {}}');
  write('stale.json', '{"runId": "0123456789abcdef", "experiment": {}}');
  write('deep.json', '{"model": {"kind": "mlp", "depth": 10000, "width": 4096}}');
  write(
    'axes.json',
    '{"experiment": {}, "axes": [{"path": "optimizer.learningRate", "values": [0.1, -1]}, {"path": "seed", "values": [1, 2]}]}',
  );
  write('path.json', '{"experiment": {}, "axes": [{"path": "optimizer.lr", "values": [1]}]}');
  write('no-axes.json', '{"experiment": {}, "axes": []}');
  write(
    'huge.json',
    '{"experiment": {"iterations": 1}, "axes": [{"path": "model.depth", "values": [10000]}, {"path": "model.width", "values": [4096]}]}',
  );
  for (const name of ['mlp_tanh.json', 'mlp_tanh.safetensors', 'rnn_tanh.json']) {
    copyFileSync(join(CASES, name), join(folder, name));
  }
  const edit = (name: string, change: (document: Record<string, Record<string, unknown>>) => void) => {
    const document = JSON.parse(readFileSync(join(CASES, 'mlp_tanh.json'), 'utf8'));
    change(document);
    write(name, JSON.stringify(document));
  };
  edit('amsgrad.json', (document) => Object.assign(document, { optimizer: { name: 'adam', amsgrad: true } }));
  edit('lbfgs.json', (document) => Object.assign(document, { optimizer: { name: 'lbfgs', lr: 1 } }));
  edit('transformer.json', (document) => Object.assign(document, { model: { kind: 'transformer' } }));
  edit('missing-tensors.json', (document) => Object.assign(document, { tensors: 'none.safetensors' }));
  edit('truncated.json', (document) => Object.assign(document, { tensors: 'truncated.safetensors' }));
  edit('wider.json', ({ model }) => Object.assign(model, { sizes: [8, 16, 16, 17, 4] }));
  edit('intermediate.json', ({ expected }) => Object.assign(expected.dact_norm as object, { h0: 1 }));
  edit('no-tensors.json', (document) => Object.assign(document, { tensors: 'empty.safetensors' }));
  write('empty.safetensors', '');
  write('long.json', '{"task": {"name": "adding", "length": 10001}, "model": {"kind": "recurrent"}}');
  write('cut.json', '{"task": {"name": "adding", "length": 100}, "model": {"kind": "recurrent", "truncation": 101}}');
  write('mlp.json', '{"task": {"name": "adding"}}');
  write(
    'states.json',
    '{"task": {"name": "adding", "length": 10000}, "model": {"kind": "recurrent", "hidden": 256}, "batchSize": 512}',
  );
  const sequences = readFileSync(join(CASES, 'rnn_tanh.safetensors'));
  const header = Number(sequences.readBigUInt64LE(0));
  const { data_offsets } = JSON.parse(sequences.toString('utf8', 8, 8 + header))['input.x'];
  sequences.writeFloatLE(Number.NaN, 8 + header + data_offsets[0] + 4 * 7);
  writeFileSync(join(folder, 'rnn_tanh.safetensors'), sequences);
  const bytes = readFileSync(join(CASES, 'mlp_tanh.safetensors'));
  writeFileSync(join(folder, 'truncated.safetensors'), bytes.subarray(0, bytes.length - 100));
  return folder;
}

describe('exit code 2, one sentence', () => {
  test.each<[string, string[], RegExp]>([
    ['an unknown command', ['trian'], /Unknown command "trian" \(did you mean "train"\?\)/],
    ['an unknown option', ['train', 'unknown.json', '--jsno'], /unknown option --jsno \(did you mean "--json"\?\)/],
    ['an option without its value', ['train', 'unknown.json', '--engine'], /--engine needs a value/],
    ['a flag with a value', ['info', '--json=1'], /--json takes no value/],
    [
      'an unknown engine',
      ['train', 'unknown.json', '--engine', 'cuda'],
      /--engine "cuda" is not valid; valid is auto or gpu or cpu/,
    ],
    ['no experiment', ['train'], /train needs an experiment file or the name of a scenario/],
    ['two experiments', ['train', 'a.json', 'b.json'], /takes one argument/],
    ['a missing file', ['train', 'none.json'], /^none\.json: there is no such file/],
    ['a folder', ['train', './'], /it is a folder, not a file/],
    ['an unknown scenario', ['train', 'exploding-relu-33'], /did you mean "exploding-relu-32"\?/],
    ['broken JSON', ['train', 'broken.json'], /^broken\.json: is not JSON/],
    ['an empty file', ['train', 'empty.json'], /^empty\.json: is not JSON \(the file is empty\)/],
    ['a list', ['train', 'list.json'], /^list\.json: is no JSON object/],
    ['an unknown field', ['train', 'unknown.json'], /^unknown\.json, iteration: unknown field; valid is .*iterations/],
    ['a contradiction', ['train', 'contradiction.json'], /^contradiction\.json, loss: "cross_entropy" needs classes/],
    ['a scenario without its claim', ['train', 'scenario.json'], /^scenario\.json, claim: /],
    [
      'a run id of another experiment',
      ['train', 'stale.json'],
      /^stale\.json, runId: "0123456789abcdef" is not this experiment's/,
    ],
    ['a sweep given to train', ['train', 'axes.json'], /is a sweep .*command sweep/],
    [
      '--set on an unknown path',
      ['train', 'digits8-relu-8', '--set', 'optimizer.lr=1'],
      /optimizer\.lr: there is no such field; "optimizer" has name, learningRate/,
    ],
    ['--set below a value', ['train', 'digits8-relu-8', '--set', 'seed.x=1'], /"seed" is a value and has no fields/],
    ['--set of a prototype', ['train', 'digits8-relu-8', '--set', '__proto__.x=1'], /__proto__\.x: there is no such field/],
    ['--set without a value', ['train', 'digits8-relu-8', '--set', 'seed'], /--set "seed" has no path=value/],
    [
      '--set of a wrong value',
      ['train', 'digits8-relu-8', '--set', 'seed=one'],
      /seed: "one" is not valid; valid is a whole number/,
    ],
    [
      'a depth that does not fit in memory',
      ['train', 'deep.json', '--engine', 'cpu'],
      /^bytes of memory: [\d,]+ needed, [\d,]+ available; use fewer/,
    ],
    [
      'an --out below a file',
      ['train', 'digits8-relu-8', ...SMALL, '--out', 'empty.json/out'],
      /--out empty\.json\/out: .*is a file, not a folder/,
    ],
    ['a sweep without --out', ['sweep', 'axes.json'], /sweep needs --out DIR/],
    [
      'a wrong value on an axis',
      ['sweep', 'axes.json', '--out', 'out'],
      /optimizer\.learningRate: -1 is not valid; .*at 2 of 4 points, the first optimizer\.learningRate = -1, seed = 1/,
    ],
    ['an unknown path of an axis', ['sweep', 'path.json', '--out', 'out'], /optimizer\.lr: there is no such field/],
    ['a sweep without axes', ['sweep', 'no-axes.json', '--out', 'out'], /^no-axes\.json, axes: /],
    [
      'a sweep that does not fit in memory',
      ['sweep', 'huge.json', '--out', 'out', '--engine', 'cpu'],
      /^The run [0-9a-f]{16} \(MLP, width 4096, .*, depth 10000\), bytes of memory: /,
    ],
    ['an audit without a case', ['audit'], /audit needs at least one case file/],
    ['a transformer', ['audit', 'transformer.json'], /model\.kind: "transformer" cannot be represented/],
    [
      'a recurrent case whose sequences are not finite',
      ['audit', 'rnn_tanh.json'],
      /^rnn_tanh\.safetensors: tensor "input\.x" holds NaN at element 7; /,
    ],
    ['a file without bytes', ['audit', 'no-tensors.json'], /^empty\.safetensors: /],
    [
      'a sequence longer than any',
      ['train', 'long.json'],
      /task\.length: 10001 is not valid; valid is a whole number from 2 to 10000/,
    ],
    [
      'a truncation beyond the sequence',
      ['train', 'cut.json'],
      /model\.truncation: 101 exceeds the 100 steps of a sequence; valid is 1 to 100, or 0/,
    ],
    [
      'a sequence task without a recurrent network',
      ['train', 'mlp.json'],
      /model\.kind: "mlp" takes no sequences and task adding has them/,
    ],
    ['states beyond memory', ['train', 'states.json', '--engine', 'cpu'], /^bytes of memory: .* needed/],
    [
      'an unknown optimizer',
      ['audit', 'lbfgs.json'],
      /^lbfgs\.json, optimizer\.name: "lbfgs" is not valid; valid is "sgd" or "adam"/,
    ],
    [
      'an option of an optimizer that is not there',
      ['audit', 'amsgrad.json'],
      /^amsgrad\.json, optimizer\.amsgrad: true is not valid; valid is false/,
    ],
    ['a case without its tensors', ['audit', 'missing-tensors.json'], /^none\.safetensors: there is no such file/],
    ['a case with truncated tensors', ['audit', 'truncated.json'], /^truncated\.safetensors: it is truncated: tensor "/],
    [
      'a case whose tensors have another shape',
      ['audit', 'wider.json'],
      /tensor "param\.l2\.weight" is float32 \[16,16\]; the model needs float32 \[17,16\]/,
    ],
    ['an intermediate that is not there', ['audit', 'intermediate.json'], /dL\/dh0 cannot be represented/],
    ['one bad case among good ones', ['audit', 'mlp_tanh.json', 'transformer.json'], /"transformer" cannot be represented/],
  ])('%s', async (_, args, message) => {
    const folder = makeDocuments();
    const before = listFiles(folder);
    const { code, stdout, stderr } = await runCli(args, folder);
    expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
    const said = withoutDawn(stderr);
    expect(said).toMatch(message);
    expect(said).toMatch(/^[^\n]+\n$/);
    expect(said).not.toMatch(/^\s+at /m);
    expect(listFiles(folder)).toEqual(before);
  });

  test('a GPU that is not there, on Linux; elsewhere the machine’s own adapter cannot be hidden', async () => {
    const { code, stderr } = await runCli(['info', '--engine', 'gpu'], makeFolder(), {
      ...NO_DRIVER,
      NABLASCOPE_CHROME: '/none',
    });
    const isLinux = process.platform === 'linux';
    expect(code).toBe(isLinux ? 2 : 0);
    expect(withoutDawn(stderr)).toMatch(isLinux ? /^No WebGPU adapter was found: .* or use --engine cpu\.\n$/ : /^$/);
  });

  test('every wrong field has its line', async () => {
    const { code, stderr } = await runCli(['train', 'negative.json'], makeDocuments());
    expect(code).toBe(2);
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/^negative\.json, optimizer\.beta1: 2 is not valid/),
      expect.stringMatching(/^negative\.json, iterations: -5 is not valid/),
    ]);
  });
});

describe('help', () => {
  test.each([['--help'], ['help'], ['-h']])('%s names every command', async (flag) => {
    const { code, stdout, stderr } = await runCli([flag], makeFolder());
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const name of ['train', 'sweep', 'audit', 'info', 'bench']) expect(stdout).toContain(`\n  ${name} `);
  });
  test.each(['train', 'sweep', 'audit', 'info'])('%s --help shows its options, as help does', async (name) => {
    const [direct, indirect] = await Promise.all([runCli([name, '--help'], makeFolder()), runCli(['help', name], makeFolder())]);
    expect(direct.code).toBe(0);
    expect(direct.stdout).toContain(`-- ${name} `);
    expect(direct.stdout).toContain('--json');
    expect(indirect).toEqual(direct);
  });
  test('--version is the package’s', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(await runCli(['--version'], makeFolder())).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});
