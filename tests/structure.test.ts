/** Holds what the README's architecture section promises. Every rule has a control that it must report. */
import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findCycles, findEngineInPage, findSecondPlotter, findWrongDirections } from './setup/structure/imports.ts';
import { findBindings, findHeaderGaps, findUnmatched, findWrongEntryPoint, kernelName } from './setup/structure/shaders.ts';
import {
  findDefaultExports,
  findLongFile,
  findNondeterminism,
  findUntestedElements,
  findWgsl,
  readSources,
  type Source,
} from './setup/structure/sources.ts';

const sources = readSources('src', /\.(ts|mts|mjs|css)$/).filter(({ file }) => !file.startsWith('src/bench/peers/'));
const code = sources.filter(({ file }) => !file.endsWith('.css'));
const shaders = readSources('shaders', /\.wgsl$/);
const library = new Map(shaders.map((shader) => [shader.file, shader]));
const kernels = shaders.filter(({ file }) => !file.startsWith('shaders/lib/'));
const kernelTests = readSources('tests/kernels', /\.ts$/);
const componentTests = readSources('tests/unit/ui', /\.browser\.test\.ts$/);

const NONE: string[] = [];
const source = (file: string, ...lines: string[]): Source => ({ file, text: `${lines.join('\n')}\n` });

describe('imports', () => {
  test('point in the direction of the layers', () => {
    expect(code.flatMap(findWrongDirections)).toEqual(NONE);
  });
  test.each([
    ['math sees nothing', 'src/math/a.ts', "import { a } from '../model/schema.ts';"],
    ['types count', 'src/metrics/a.ts', "import type { A } from '../plan/plan.ts';"],
    ['re-exports count', 'src/model/a.ts', "export { a } from '../plan/plan.ts';"],
    ['dynamic imports count', 'src/plan/a.ts', "const a = await import('../engine/gpu/context.ts');"],
    ['the model sees data as types only', 'src/model/a.ts', "import { a } from '../data/dataset.ts';"],
    ['the engines do not see each other', 'src/engine/gpu/a.ts', "import { a } from '../cpu/twins.ts';"],
    ['the page does not see the scheduler', 'src/ui/a.ts', "import { a } from '../sweep/scheduler.ts';"],
    ['the vocabulary is types only', 'src/metrics/a.ts', "import { a } from '../model/schema.ts';"],
    ['the report sees sweeps as types only', 'src/report/a.ts', "import { expand } from '../sweep/axes.ts';"],
    ['plain data imports nothing', 'src/engine/report.ts', "import { a } from '../math/philox.ts';"],
    ['a new folder has no layer', 'src/utils/a.ts', ''],
  ])('control: %s', (_, file, text) => {
    expect(findWrongDirections(source(file, '', text))).toEqual([expect.stringMatching(new RegExp(`^${file}:[12] `))]);
  });
  test.each([
    ['src/ui/a.ts', "import type { PlanSummary } from '../plan/summary.ts';"],
    ['src/ui/a.ts', "import { ENGINE_CHOICES } from '../engine/report.ts';"],
    ['src/data/a.ts', "import { type Task, type TaskName } from '../model/schema.ts';"],
    ['src/sweep/worker.ts', "import { a } from '../engine/gpu/context.ts';"],
    ['src/cli.ts', "import { findBrowser } from './dev/browser.mjs';"],
  ])('control: %s may say %s', (file, text) => {
    expect(findWrongDirections(source(file, text))).toEqual(NONE);
  });

  test('have no cycles', () => {
    expect(findCycles(code)).toEqual(NONE);
  });
  test('control: a cycle of three files is found, one of types is none', () => {
    const a = source('src/math/a.ts', "import { b } from './b.ts';");
    const b = source('src/math/b.ts', "import { c } from './c.ts';");
    expect(findCycles([a, b, source('src/math/c.ts', "import { a } from './a.ts';")])).toEqual([
      'src/math/c.ts:1 import cycle src/math/a.ts -> src/math/b.ts -> src/math/c.ts -> src/math/a.ts',
    ]);
    expect(findCycles([a, b, source('src/math/c.ts', "import type { a } from './a.ts';")])).toEqual(NONE);
  });

  test('do not lead from the page to plan or engine', () => {
    expect(findEngineInPage(code)).toEqual(NONE);
  });
  test('control: the engine behind the client is found', () => {
    const page = source('src/ui/a.ts', "import { a } from '../sweep/client.ts';");
    const client = source('src/sweep/client.ts', "import { a } from '../engine/gpu/context.ts';");
    expect(findEngineInPage([page, client])).toEqual([
      'src/sweep/client.ts:1 the page loads src/ui/a.ts -> src/sweep/client.ts -> src/engine/gpu/context.ts',
    ]);
  });

  test('of uPlot are in one file', () => {
    expect(findSecondPlotter(code)).toEqual(NONE);
  });
  test('control: a second file with uPlot is found', () => {
    const [a, b] = ['src/ui/a.ts', 'src/ui/b.ts'].map((file) => source(file, "import uPlot from 'uplot';"));
    expect(findSecondPlotter([a, b])).toEqual(['src/ui/b.ts:1 imports uplot, which src/ui/a.ts:1 does already']);
  });
});

describe('sources', () => {
  test('have no default exports', () => {
    expect(code.flatMap(findDefaultExports)).toEqual(NONE);
  });
  test.each(['export default 1;', 'export default class A {}', 'const a = 1; export { a as default };'])(
    'control: %s',
    (text) => {
      expect(findDefaultExports(source('src/ui/a.ts', text))).toEqual(['src/ui/a.ts:1 default export']);
    },
  );

  test('use no clock and no unseeded randomness where results are computed', () => {
    expect(code.flatMap(findNondeterminism)).toEqual(NONE);
  });
  test.each(['Math.random', 'Date.now', 'globalThis.performance.now'])(
    'control: %s, but not in a comment or the page',
    (name) => {
      const lines = [`// ${name}()`, `const a = ${name}();`];
      expect(findNondeterminism(source('src/model/a.ts', ...lines))).toEqual([expect.stringContaining('src/model/a.ts:2 ')]);
      expect(findNondeterminism(source('src/ui/a.ts', ...lines))).toEqual(NONE);
    },
  );

  test('hold no WGSL', () => {
    expect(code.flatMap(findWgsl)).toEqual(NONE);
  });
  test('control: an entry point in a template is found', () => {
    expect(
      findWgsl(source('src/engine/gpu/a.ts', 'const n = 1;', 'const a = `@compute @workgroup_size(${' + 'n}) fn f() {}`;')),
    ).toEqual(['src/engine/gpu/a.ts:2 WGSL in TypeScript']);
  });

  test('fit a head: 350 lines, shaders 100', () => {
    expect([
      ...sources.flatMap((file) => findLongFile(file, 350)),
      ...shaders.flatMap((file) => findLongFile(file, 100)),
    ]).toEqual(NONE);
  });
  test('control: one line too many is found, the limit itself is not', () => {
    expect(findLongFile(source('src/ui/a.ts', ...Array(351).fill('')), 350)).toHaveLength(1);
    expect(findLongFile(source('src/ui/a.ts', ...Array(350).fill('')), 350)).toEqual(NONE);
  });
});

describe('elements', () => {
  test('are named by a component test each', () => {
    expect(findUntestedElements(code, componentTests)).toEqual(NONE);
  });
  test('control: one without a test is found, a longer name is not its test', () => {
    const element = source('src/ui/a.ts', "@customElement('nabla-run')", 'class A {}');
    const tests = ["show('nabla-run-head');", "document.createElement('nabla-run');"].map((text) => source('a.test.ts', text));
    expect(findUntestedElements([element], tests.slice(0, 1))).toEqual([
      'src/ui/a.ts:1 <nabla-run> has no component test in tests/unit/ui',
    ]);
    expect(findUntestedElements([element], tests)).toEqual(NONE);
  });
});

describe('kernels', () => {
  const good = [
    '// y[r,i] = x[r,i] + c',
    '// x, c: (R,I) read   y: (R,I) write',
    '// ref: nothing',
    '@group(0) @binding(0) var<storage, read> x: array<f32>;',
    '@group(0) @binding(1) var<storage, read_write> y: array<f32>;',
    '@compute @workgroup_size(64)',
    'fn add() {}',
  ];
  const edit = (from: string, to: string) => source('shaders/linear/add.wgsl', ...good.map((line) => line.replace(from, to)));

  test('have one entry point with the name of the file', () => {
    expect(kernels.flatMap(findWrongEntryPoint)).toEqual(NONE);
  });
  test('control: another name, and none at all', () => {
    expect(findWrongEntryPoint(edit('', ''))).toEqual(NONE);
    expect(findWrongEntryPoint(edit('fn add', 'fn sum'))).toEqual([
      'shaders/linear/add.wgsl:6 entry point sum in the file of add',
    ]);
    expect(findWrongEntryPoint(edit('@compute', '//'))).toEqual(['shaders/linear/add.wgsl:1 no entry point add']);
  });

  test('say equation, shapes and source in their header', () => {
    expect(kernels.flatMap((kernel) => findHeaderGaps(kernel, library))).toEqual(NONE);
  });
  test.each([
    ['=', 'is', 'equation'],
    ['ref: nothing', 'ref:', 'ref:'],
    ['y: (R,I) write', '', '"y: (shape)'],
    ['y: (R,I) write', 'y: (R,I)', '"y: (shape)'],
  ])('control: %s replaced by "%s"', (from, to, problem) => {
    expect(findHeaderGaps(edit('', ''), library)).toEqual(NONE);
    expect(findHeaderGaps(edit(from, to), library)).toEqual([expect.stringContaining(problem)]);
  });
  test('control: a binding that comes from an imported file is asked for', () => {
    const file = source('shaders/lib/rate.wgsl', '@group(0) @binding(2) var<storage, read> rate: array<f32>;');
    const kernel = edit('// ref: nothing', '// ref: nothing\n// #import "lib/rate"');
    expect(findHeaderGaps(kernel, new Map([[file.file, file]]))).toEqual([expect.stringContaining('"rate: (shape)')]);
  });

  // By glob, so that a missing file fails these tests and not the whole file.
  const modules = import.meta.glob<Record<string, unknown>>(['../src/plan/kernels.ts', '../src/engine/cpu/twins.ts']);
  async function load(path: string, name: string): Promise<Record<string, unknown>> {
    const record = (await modules[`../${path}`]?.())?.[name];
    if (typeof record !== 'object' || record === null) throw new Error(`${path} does not export ${name}`);
    return record as Record<string, unknown>;
  }

  test('are the same in the table, the shader files and the twins', async () => {
    const table = Object.keys(await load('src/plan/kernels.ts', 'KERNELS'));
    const names = kernels.map(({ file }) => kernelName(file));
    expect(findUnmatched('shader file', table, names)).toEqual(NONE);
    expect(findUnmatched('twin', table, Object.keys(await load('src/engine/cpu/twins.ts', 'TWINS')))).toEqual(NONE);
  });
  test('have the bindings and the folder that the table says', async () => {
    const table = await load('src/plan/kernels.ts', 'KERNELS');
    const declared = kernels.map((kernel) => [
      kernelName(kernel.file),
      {
        folder: kernel.file.split('/')[1],
        bindings: findBindings(kernel, library).map(({ name, access }) => `${name} ${access}`),
      },
    ]);
    const expected = Object.entries(table).map(([name, entry]) => {
      const { folder, bindings } = entry as { folder: string; bindings: Record<string, { access: string }> };
      return [name, { folder, bindings: Object.entries(bindings).map(([binding, { access }]) => `${binding} ${access}`) }];
    });
    expect(Object.fromEntries(declared)).toEqual(Object.fromEntries(expected));
  });
  test('are named by a test each', async () => {
    const text = kernelTests.map((file) => file.text).join('\n');
    const words = new Set(text.match(/\w+/g));
    const table = Object.keys(await load('src/plan/kernels.ts', 'KERNELS'));
    const untested = table.filter((name) => !words.has(name));
    expect(untested.map((name) => `${name} has no test in tests/kernels`)).toEqual(NONE);
  });
  test('control: a name on either side only is found', () => {
    expect(findUnmatched('twin', ['add', 'sum'], ['add', 'max'])).toEqual(['sum has no twin', 'twin max has no kernel']);
  });
});

describe('the repository', () => {
  test('has nothing else at its top', () => {
    const allowed = [
      'package.json',
      'package-lock.json',
      'vite.config.ts',
      'tsconfig.json',
      'index.html',
      'README.md',
      'LICENSE',
    ];
    const ignored = ['node_modules', 'dist', 'out'];
    const found = readdirSync('.').filter((name) => !name.startsWith('.') && !ignored.includes(name));
    expect(found.filter((name) => ![...allowed, 'src', 'shaders', 'tests'].includes(name))).toEqual(NONE);
    expect(existsSync('LICENSE')).toBe(true);
  });
});
