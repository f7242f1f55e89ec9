import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type OptionSpecs, readArguments } from '../../../src/cli/arguments.ts';
import { UsageError } from '../../../src/cli/errors.ts';
import { checkFolder, writeFiles } from '../../../src/cli/files.ts';
import { applySettings, readSetting } from '../../../src/cli/set-field.ts';
import { parseExperiment } from '../../../src/model/experiment.ts';
import { committedDocuments, isSweep, listScenarios, parseScenario } from '../../../src/model/scenario.ts';
import { expand, parseSweep } from '../../../src/sweep/axes.ts';

const OPTIONS: OptionSpecs = {
  set: { value: 'path=value', repeated: true, help: '' },
  out: { value: 'DIR', help: '' },
  json: { help: '' },
};

describe('arguments', () => {
  test('options stand anywhere, with a blank or an equals sign; -- ends them', () => {
    const args = readArguments('c', OPTIONS, ['a', '--set', 'x=1', 'b', '--set=y=-2', '--json', '--', '--out']);
    expect(args.positionals).toEqual(['a', 'b', '--out']);
    expect(args.values('set')).toEqual(['x=1', 'y=-2']);
    expect([args.flag('json'), args.value('out')]).toEqual([true, undefined]);
  });
  test.each([
    [['--sett', 'x'], /unknown option --sett \(did you mean "--set"\?\); valid are --set, --out, --json/],
    [['-x'], /unknown option -x/],
    [['--toString'], /unknown option --toString/],
    [['--out'], /--out needs a value: --out DIR/],
    [['--out', '--json'], /--out needs a value/],
    [['--out', 'a', '--out', 'b'], /--out was given twice/],
    [['--json=yes'], /--json takes no value, but "yes" was given/],
  ])('%j is refused', (args, problem) => {
    expect(() => readArguments('c', OPTIONS, args)).toThrow(UsageError);
    expect(() => readArguments('c', OPTIONS, args)).toThrow(problem);
  });
});

describe('settings', () => {
  test.each([
    ['a=1', 1],
    ['a=1e-3', 1e-3],
    ['a=true', true],
    ['a=null', null],
    ['a={"b":[1]}', { b: [1] }],
    ['a="1"', '1'],
    ['a=relu', 'relu'],
    ['a=', ''],
    ['a=x=y', 'x=y'],
  ])('%s', (text, value) => {
    expect(readSetting(text)).toEqual({ path: 'a', value });
  });
  test('take effect together, so a name and the fields it brings can be set in any order', () => {
    const set = (...texts: string[]) => applySettings({}, texts.map(readSetting), 's');
    for (const texts of [
      ['clip.rule=torch_norm', 'clip.max=2'],
      ['clip.max=2', 'clip.rule=torch_norm'],
    ]) {
      expect(parseExperiment(set(...texts)).clip).toEqual({ rule: 'torch_norm', max: 2 });
    }
    expect(() => set('clip.max=2', 'sed=1')).toThrow(/^s, clip\.max: .*\ns, sed: /);
  });
  test('never reach a prototype', () => {
    for (const path of ['__proto__.polluted', 'constructor.prototype.polluted', 'model.__proto__.polluted']) {
      expect(() => applySettings({}, [{ path, value: 1 }], 's')).toThrow(/there is no such field|has no fields/);
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('files', () => {
  const makeFolder = () => {
    const folder = mkdtempSync(join(tmpdir(), 'nablascope-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  };
  test('are written whole, into folders that are made', () => {
    const folder = makeFolder();
    checkFolder(join(folder, 'a/b'));
    expect(readdirSync(folder)).toEqual([]);
    writeFiles(join(folder, 'a/b'), { 'x.txt': 'one', 'y.txt': 'two' });
    writeFiles(join(folder, 'a/b'), { 'x.txt': 'three' });
    expect(readdirSync(join(folder, 'a/b')).sort()).toEqual(['x.txt', 'y.txt']);
    expect(readFileSync(join(folder, 'a/b/x.txt'), 'utf8')).toBe('three');
  });
  test('that cannot all be written leave nothing behind', () => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'x.txt'), 'old');
    // The name is too long for a file: the second write fails after the first.
    expect(() => writeFiles(folder, { 'x.txt': 'new', ['y'.repeat(300)]: 'new' })).toThrow(/cannot be written \(ENAMETOOLONG\)/);
    expect(readdirSync(folder)).toEqual(['x.txt']);
    expect(readFileSync(join(folder, 'x.txt'), 'utf8')).toBe('old');
  });
  test('a folder that is a file, or lies below one, is refused', () => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'x'), '');
    mkdirSync(join(folder, 'y'));
    expect(() => checkFolder(join(folder, 'x'))).toThrow(/is a file, not a folder/);
    expect(() => checkFolder(join(folder, 'x/z'))).toThrow(/is a file, not a folder/);
    expect(() => checkFolder(join(folder, 'y'))).not.toThrow();
  });
});

describe('committed documents', () => {
  test.each([...listScenarios()].map(([name, { experiment }]) => [name, experiment] as const))(
    'scenario %s is valid',
    (name, experiment) => {
      expect(() => parseExperiment(experiment, name)).not.toThrow();
    },
  );
  test.each([...committedDocuments()].filter(([, document]) => isSweep(document)))(
    'sweep %s is valid, without duplicates',
    (name, document) => {
      expect(expand(parseSweep(document, name), name).duplicates).toEqual([]);
    },
  );
  test('a scenario needs its title and its claim, and has nothing else', () => {
    expect(() => parseScenario({ title: '', claim: 'c', experiment: {} }, 's')).toThrow(/^s, title: /);
    expect(() => parseScenario({ title: 't', experiment: {} }, 's')).toThrow(/^s, claim: /);
    expect(() => parseScenario({ title: 't', claim: 'c', experiment: {}, note: 1 }, 's')).toThrow(/^s, note: unknown field/);
    expect(() => parseScenario('x', 's')).toThrow(/^s: /);
  });
});
