/** What plans would need, before anything is loaded. */
import { describe, expect, test } from 'vitest';
import { loadDataset } from '../../../src/data/load.ts';
import { outlineOf } from '../../../src/data/outline.ts';
import { CpuEngine } from '../../../src/engine/cpu/engine.ts';
import { CPU_LIMITS, gpuLimits, limitsOf } from '../../../src/engine/device-limits.ts';
import { describeFields } from '../../../src/model/describe.ts';
import { LimitError } from '../../../src/model/errors.ts';
import { parseExperiment } from '../../../src/model/experiment.ts';
import type { ExperimentInput } from '../../../src/model/schema.ts';
import { isSequenceTask } from '../../../src/model/task-schema.ts';
import { estimatePlans } from '../../../src/sweep/estimate.ts';
import { EstimateClient, type EstimatePort } from '../../../src/sweep/estimate-client.ts';
import type { FromEstimateWorker, ToEstimateWorker } from '../../../src/sweep/estimate-protocol.ts';
import { SideBySide } from '../../../src/sweep/side-by-side.ts';
import { readAsset } from '../data/assets.ts';

const experiment = (input: ExperimentInput) => parseExperiment(input);

test('each task’s outline is that of its data', async () => {
  const names = describeFields().find(({ path }) => path === 'task.name')?.choices ?? [];
  expect(names.length).toBeGreaterThan(12);
  for (const name of names) {
    const { task } = parseExperiment({
      task: { name } as never,
      model: { kind: isSequenceTask({ name } as never) ? 'recurrent' : 'mlp' } as never,
    });
    const { inputs, outputs, sequence, train, test } = await loadDataset(task, readAsset);
    const { kind, steps } = sequence ?? {};
    expect([name, outlineOf(task)]).toEqual([
      name,
      { inputs, outputs, train: { n: train.n }, test: { n: test.n }, ...(sequence && { sequence: { kind, steps } }) },
    ]);
  }
});

describe('an estimate', () => {
  test('is what the plans have once they are loaded: two runs of one plan, and one of its own', async () => {
    const runs = [
      experiment({ model: { kind: 'mlp', depth: 3, width: 16 } }),
      experiment({ model: { kind: 'mlp', depth: 3, width: 16 }, seed: 2, clip: { rule: 'value' } }),
      experiment({ task: { name: 'adding', length: 9 }, model: { kind: 'recurrent', hidden: 8 } }),
    ];
    const engine = new CpuEngine({ engine: 'cpu', why: 'test' });
    const loaded = await SideBySide.create(engine, runs, (task) => loadDataset(task, readAsset));
    const [shared, , own] = loaded.summaries;
    expect(estimatePlans(runs, engine.limits)).toEqual({
      parameters: [shared.parameters, shared.parameters, own.parameters],
      plans: 2,
      bytes: shared.bytes + own.bytes,
      dispatches: shared.dispatchesPerIteration + own.dispatchesPerIteration,
      flop: shared.flopPerIteration + own.flopPerIteration,
    });
    // 64·16 + 16, twice 16·16 + 16, 16·10 + 10.
    expect(shared.parameters).toBe(1040 + 2 * 272 + 170);
    loaded.destroy();
  });

  test('of what does not fit is refused in words; control: a device with room', () => {
    const large = [experiment({ model: { kind: 'mlp', depth: 10_000, width: 4096 } })];
    expect(() => estimatePlans(large, CPU_LIMITS)).toThrow(LimitError);
    expect(() => estimatePlans(large, CPU_LIMITS)).toThrow(/bytes of memory: .* needed/);
    const some = [experiment({ model: { kind: 'mlp', depth: 4, width: 2048 } })];
    expect(estimatePlans(some, CPU_LIMITS).bytes).toBeGreaterThan(2 ** 24);
    expect(() => estimatePlans(some, gpuLimits({ maxBufferSize: 2 ** 20, maxStorageBufferBindingSize: 2 ** 20 }))).toThrow(
      LimitError,
    );
  });
});

test('the limits are those of the engine that runs', () => {
  const adapter = { vendor: '', architecture: '', device: '', description: '', software: false, features: [] };
  const limits = { maxBufferSize: 100, maxStorageBufferBindingSize: 50 };
  expect(limitsOf({ engine: 'gpu', why: '', adapter: { ...adapter, limits } })).toMatchObject({
    bufferBytes: 100,
    bindingBytes: 50,
  });
  expect(limitsOf({ engine: 'cpu', why: '', adapter: { ...adapter, limits } })).toBe(CPU_LIMITS);
});

describe('the client', () => {
  class FakeWorker {
    readonly sent: ToEstimateWorker[] = [];
    readonly #listeners = new Map<string, (event: Event) => void>();
    isTerminated = false;
    postMessage(message: ToEstimateWorker): void {
      this.sent.push(message);
    }
    terminate(): void {
      this.isTerminated = true;
    }
    addEventListener(name: string, listener: (event: Event) => void): void {
      this.#listeners.set(name, listener);
    }
    answers(data: FromEstimateWorker): void {
      this.#listeners.get('message')?.({ data } as MessageEvent);
    }
    crashes(): void {
      this.#listeners.get('error')?.(Object.assign(new Event('error'), { message: 'gone' }));
    }
  }
  const question = (seed: number): ToEstimateWorker => ({
    experiments: [experiment({ seed })],
    report: { engine: 'cpu', why: '' },
  });
  const refused = (message: string): FromEstimateWorker => ({ type: 'refused', message });
  const opened = () => {
    const workers: FakeWorker[] = [];
    const client = new EstimateClient(() => {
      workers.push(new FakeWorker());
      return workers[workers.length - 1] as unknown as EstimatePort;
    });
    return { client, workers };
  };

  test('asks one question at a time, and of those that wait only the last', async () => {
    const { client, workers } = opened();
    expect(workers).toEqual([]);
    const answers = [1, 2, 3].map((seed) => client.ask(question(seed)));
    workers[0].answers(refused('first'));
    workers[0].answers(refused('last'));
    expect(await Promise.all(answers)).toEqual([refused('first'), undefined, refused('last')]);
    expect(workers[0].sent.map(({ experiments }) => experiments[0].seed)).toEqual([1, 3]);
  });

  test('answers after a crash, and asks a fresh worker', async () => {
    const { client, workers } = opened();
    const first = client.ask(question(1));
    workers[0].crashes();
    expect(await first).toEqual({ type: 'failed', message: 'gone' });
    const second = client.ask(question(2));
    expect([workers.length, workers[0].isTerminated]).toEqual([2, true]);
    workers[1].answers(refused('again'));
    expect(await second).toEqual(refused('again'));
  });

  test('leaves nobody waiting at its end', async () => {
    const { client } = opened();
    const answers = [client.ask(question(1)), client.ask(question(2))];
    client.terminate();
    expect(await Promise.all(answers)).toEqual([undefined, undefined]);
  });
});
