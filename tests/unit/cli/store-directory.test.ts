import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type DirectoryStore, openDirectory, openDirectoryToWrite } from '../../../src/cli/store-directory.ts';
import { type WriteBytes, writeBytes } from '../../../src/cli/store-segments.ts';
import { decodeTrace, encodeTrace } from '../../../src/metrics/trace-codec.ts';
import { expand, parseSweep, sweepId } from '../../../src/sweep/axes.ts';
import type { RunRecord } from '../../../src/sweep/record.ts';
import { type Manifest, StoreError } from '../../../src/sweep/store.ts';
import { makeFolder } from '../../cli/run-cli.ts';
import { recordOf, syntheticRun } from '../../support/synthetic.ts';

const sweep = parseSweep({ title: 'Small', experiment: {}, axes: [{ path: 'seed', values: [1, 2, 3] }] }, 's');
const manifest: Manifest = { version: 1, sweepId: sweepId(sweep), sweep };
const runs = expand(sweep, 's').points.map((point, k) => {
  const trace = syntheticRun(point.experiment, k === 1 ? 20 : undefined);
  return { id: point.id, record: recordOf(point, trace), trace: encodeTrace(trace) };
});
const [first, second, third] = runs;
const ids = (...some: typeof runs) => new Set(some.map(({ id }) => id));

async function use<T>(opening: Promise<DirectoryStore>, work: (store: DirectoryStore) => Promise<T> | T): Promise<T> {
  const store = await opening;
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

const add = (folder: string, some: typeof runs, write?: WriteBytes) =>
  use(openDirectoryToWrite(folder, manifest, write), async (store) => {
    for (const { record, trace } of some) await store.append(record, trace);
  });

/** Every file's bytes by name. */
const contents = (folder: string) =>
  Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file)).toString('base64')]));

async function recordsOf(folder: string): Promise<RunRecord[]> {
  return use(openDirectory(folder), async (store) => {
    const all: RunRecord[] = [];
    for await (const record of store.records()) all.push(record);
    return all;
  });
}

describe('what is kept', () => {
  test('comes back: records with NaN and Infinity, traces, the manifest', async () => {
    const folder = join(makeFolder(), 'a/b');
    await add(folder, runs);
    expect(readdirSync(folder).sort()).toEqual(['runs-0001.jsonl', 'sweep.json', 'traces-0001.bin']);
    expect(await recordsOf(folder)).toEqual(runs.map(({ record }) => record));
    expect(second.record.result.loss).toBeNaN();
    await use(openDirectory(folder), async (store) => {
      expect(store.manifest).toEqual(manifest);
      expect(await store.trace(second.id)).toEqual(second.trace);
      expect(decodeTrace((await store.trace(second.id)) as Uint8Array).firstNonFinite).toEqual({ iteration: 20, tensor: 'loss' });
      expect(await store.trace('0'.repeat(16))).toBeUndefined();
    });
    for (const line of readFileSync(join(folder, 'runs-0001.jsonl'), 'utf8').trim().split('\n')) JSON.parse(line);
  });

  test('is kept once, whoever adds it again', async () => {
    const folder = makeFolder();
    await add(folder, [first]);
    const before = contents(folder);
    await add(folder, [first]);
    expect(contents(folder)).toEqual(before);
    await use(openDirectoryToWrite(folder, manifest), async (store) => {
      const twice = [store.append(second.record, second.trace), store.append(second.record, second.trace)];
      await Promise.all(twice);
      expect(store.ids).toEqual(ids(first, second));
    });
    expect((await recordsOf(folder)).map(({ id }) => id)).toEqual([first.id, second.id]);
  });

  test('of several processes lies in a segment each', async () => {
    const folder = makeFolder();
    for (const run of runs) await add(folder, [run]);
    expect(readdirSync(folder).filter((file) => file.startsWith('runs'))).toEqual([1, 2, 3].map((k) => `runs-000${k}.jsonl`));
    expect(new Set((await recordsOf(folder)).map(({ id }) => id))).toEqual(ids(...runs));
  });

  test('appended together is kept in order by few writes', async () => {
    const folder = makeFolder();
    let writes = 0;
    const counting: WriteBytes = (handle, bytes) => {
      writes++;
      return writeBytes(handle, bytes);
    };
    await use(openDirectoryToWrite(folder, manifest, counting), (store) =>
      Promise.all(runs.map(({ record, trace }) => store.append(record, trace))),
    );
    expect(writes).toBeLessThanOrEqual(4);
    expect((await recordsOf(folder)).map(({ id }) => id)).toEqual(runs.map(({ id }) => id));
  });
});

describe('a process that died while it wrote', () => {
  /** The folder with two whole runs and a third one of which `file` was cut to `size` bytes. */
  async function torn(folder: string, file: string, size: number) {
    truncateSync(join(folder, file), size);
    return use(openDirectory(folder), ({ ids: found, dropped }) => ({ found: new Set(found), dropped }));
  }

  test('loses its last run alone, wherever the line is cut', async () => {
    const folder = makeFolder();
    await add(folder, runs);
    const file = join(folder, 'runs-0001.jsonl');
    const bytes = readFileSync(file);
    const start = bytes.lastIndexOf(10, bytes.length - 2) + 1;
    // Without the line feed alone the line is whole.
    expect(await torn(folder, 'runs-0001.jsonl', bytes.length - 1)).toEqual({ found: ids(...runs), dropped: 0 });
    for (let size = bytes.length - 2; size > start; size--) {
      expect(await torn(folder, 'runs-0001.jsonl', size), `${size} bytes`).toEqual({ found: ids(first, second), dropped: 1 });
    }
    expect(await torn(folder, 'runs-0001.jsonl', start)).toEqual({ found: ids(first, second), dropped: 0 });
  });

  test('loses a run whose trace is shorter than it says', async () => {
    const folder = makeFolder();
    await add(folder, runs);
    const whole = first.trace.length + second.trace.length + third.trace.length;
    for (let cut = 1; cut <= third.trace.length; cut++) {
      expect(await torn(folder, 'traces-0001.bin', whole - cut)).toEqual({ found: ids(first, second), dropped: 1 });
    }
    expect(await torn(folder, 'traces-0001.bin', whole - third.trace.length - 1)).toEqual({ found: ids(first), dropped: 2 });
  });

  test('is continued in a segment of its own; the torn one stays as it is', async () => {
    const folder = makeFolder();
    await add(folder, runs);
    const file = join(folder, 'runs-0001.jsonl');
    truncateSync(file, readFileSync(file).length - 20);
    const before = readFileSync(file);
    await add(folder, runs);
    expect(readFileSync(file)).toEqual(before);
    expect(new Set((await recordsOf(folder)).map(({ id }) => id))).toEqual(ids(...runs));
  });
});

test('a byte that changed costs the run it belongs to', async () => {
  const folder = makeFolder();
  await add(folder, runs);
  const file = join(folder, 'runs-0001.jsonl');
  const bytes = readFileSync(file);
  const lineEnd = bytes.indexOf(10);
  for (let at = 0; at < lineEnd; at += 7) {
    const changed = Buffer.from(bytes);
    changed[at] ^= 1;
    writeFileSync(file, changed);
    expect(await use(openDirectory(folder), (store) => new Set(store.ids)), `byte ${at}`).toEqual(ids(second, third));
  }
  writeFileSync(file, bytes);
  const traces = join(folder, 'traces-0001.bin');
  const changed = readFileSync(traces);
  changed[first.trace.length + 5] ^= 1;
  writeFileSync(traces, changed);
  await use(openDirectory(folder), async (store) => {
    expect(await store.trace(first.id)).toEqual(first.trace);
    await expect(store.trace(second.id)).rejects.toThrow(/trace of run [0-9a-f]{16} has changed .*; train the run again\.$/);
  });
});

test('a line without its line feed does not swallow a line of another process', async () => {
  const folder = makeFolder();
  await add(folder, [first]);
  appendFileSync(join(folder, 'runs-0001.jsonl'), '{"crc":"0000');
  await add(folder, [second]);
  expect(await use(openDirectory(folder), (store) => new Set(store.ids))).toEqual(ids(first, second));
});

describe('a disk that is full', () => {
  /** Writes half of the `n`th piece, then fails. */
  function failingAt(n: number, code = 'ENOSPC'): WriteBytes {
    let calls = 0;
    return async (handle, bytes) => {
      if (++calls !== n) return writeBytes(handle, bytes);
      await writeBytes(handle, bytes.subarray(0, bytes.length / 2));
      throw Object.assign(new Error(`${code}: write`), { code });
    };
  }

  test.each([
    ['the trace', 3],
    ['the line', 4],
  ])('while %s is written: one sentence, what was kept is whole, and a later run can be kept', async (_, piece) => {
    const folder = makeFolder();
    await use(openDirectoryToWrite(folder, manifest, failingAt(piece)), async (store) => {
      await store.append(first.record, first.trace);
      const failed = store.append(second.record, second.trace);
      await expect(failed).rejects.toThrow(StoreError);
      await expect(failed).rejects.toThrow(
        `${folder} cannot be written to (the disk is full); what it holds is whole. Free space or name another folder.`,
      );
      expect(store.ids).toEqual(ids(first));
      await store.append(third.record, third.trace);
      expect(store.ids).toEqual(ids(first, third));
      expect(await store.trace(third.id)).toEqual(third.trace);
    });
    expect((await recordsOf(folder)).map(({ id }) => id)).toEqual([first.id, third.id]);
  });

  test('a quota that is used up has its words', async () => {
    const folder = makeFolder();
    await expect(add(folder, [first], failingAt(1, 'EDQUOT'))).rejects.toThrow(/the disk quota is used up/);
  });
});

describe('refused, and nothing is changed', () => {
  async function refused(opening: Promise<DirectoryStore>, folder: string, before: object, message: RegExp) {
    await expect(opening).rejects.toThrow(StoreError);
    await expect(opening).rejects.toThrow(message);
    expect(contents(folder)).toEqual(before);
  }
  const other = (() => {
    const document = { title: 'Other', experiment: {}, axes: [{ path: 'seed', values: [7] }] };
    const parsed = parseSweep(document, 's');
    return { version: 1, sweepId: sweepId(parsed), sweep: parsed } satisfies Manifest;
  })();

  test('the results of another sweep', async () => {
    const folder = makeFolder();
    await add(folder, [first]);
    const message = new RegExp(
      `holds the results of "Small" \\(${manifest.sweepId}\\), another sweep than "Other" \\(${other.sweepId}\\); name another folder`,
    );
    await refused(openDirectoryToWrite(folder, other), folder, contents(folder), message);
  });
  test('other files', async () => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'thesis.tex'), 'x');
    await refused(
      openDirectoryToWrite(folder, manifest),
      folder,
      contents(folder),
      /holds other files \(thesis\.tex\) and no sweep/,
    );
    await refused(openDirectory(folder), folder, contents(folder), /holds no sweep \(there is no sweep\.json\)/);
  });
  test.each([
    ['no JSON', '{', /sweep\.json is not what sweep --out writes there/],
    ['another document', '{"axes": []}', /sweep\.json is not what sweep --out writes there/],
    ['another version', JSON.stringify({ ...manifest, version: 2 }), /was written by another version/],
    [
      'a changed sweep',
      JSON.stringify({ ...manifest, sweep: other.sweep }),
      /sweep\.json was changed: its sweep is [0-9a-f]+, and/,
    ],
  ])('a manifest that is %s', async (_, text, message) => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'sweep.json'), text);
    await refused(openDirectoryToWrite(folder, manifest), folder, contents(folder), message);
  });
  test('a folder below a file', async () => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'file'), 'x');
    await refused(
      openDirectoryToWrite(join(folder, 'file/out'), manifest),
      folder,
      contents(folder),
      /part of the path is a file/,
    );
  });
});

describe('one process at a time', () => {
  const lock = (folder: string, owner: object) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, '.sweep.lock'), JSON.stringify(owner));
  };
  const deadPid = () => spawnSync(process.execPath, ['-e', '']).pid;

  test('a live process keeps another out, and its lock goes when it closes', async () => {
    const folder = makeFolder();
    await use(openDirectoryToWrite(folder, manifest), async () => {
      await expect(openDirectoryToWrite(folder, manifest)).rejects.toThrow(
        `${folder} is being written to by process ${process.pid}; wait until it has finished, or name another folder.`,
      );
      expect(await recordsOf(folder)).toEqual([]);
    });
    expect(existsSync(join(folder, '.sweep.lock'))).toBe(false);
    await add(folder, [first]);
  });
  test('so does another live process of this machine', async () => {
    const folder = makeFolder();
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => 0, 60000)']);
    onTestFinished(() => {
      child.kill();
    });
    await once(child, 'spawn');
    lock(folder, { pid: child.pid, host: hostname() });
    await expect(add(folder, [first])).rejects.toThrow(`process ${child.pid}`);
  });
  test.each<[string, () => object]>([
    ['a dead process', () => ({ pid: deadPid(), host: hostname() })],
    ['another machine', () => ({ pid: process.pid, host: 'elsewhere' })],
    ['an earlier process with this one’s id', () => ({ pid: process.pid, host: hostname() })],
    ['nobody: it was not finished', () => []],
  ])('a lock of %s is taken over', async (_, owner) => {
    const folder = makeFolder();
    lock(folder, owner());
    await add(folder, [first]);
    expect(readdirSync(folder).sort()).toEqual(['runs-0001.jsonl', 'sweep.json', 'traces-0001.bin']);
  });
});
