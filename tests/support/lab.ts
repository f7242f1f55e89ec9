/** The Lab's runs with a page of their own: traces that follow what they tell, and a store in memory. */
import type { Engine } from '../../src/engine/engine.ts';
import { shapeOf } from '../../src/metrics/layer-series.ts';
import { Trace } from '../../src/metrics/trace.ts';
import type { Experiment } from '../../src/model/schema.ts';
import { STATUS, STATUS_WORDS } from '../../src/plan/records.ts';
import { Keeper } from '../../src/sweep/keeper.ts';
import { LabRuns } from '../../src/sweep/lab-runs.ts';
import type { KeptLab, LabEvent, LabStore } from '../../src/sweep/store-lab.ts';
import type { Checkpoint } from '../../src/sweep/trainer.ts';
import { type DatasetOf, recorded } from './side-by-side.ts';

/** A store that forgets with the test. What goes in and out is cloned, as a database does. */
export class MemoryLabStore implements LabStore {
  readonly #kept = new Map<string, { lab: KeptLab; state: readonly Checkpoint[]; events: LabEvent[][] }>();
  /** Of the next `keep`. */
  failure: Error | undefined;

  async listLabs() {
    return [...this.#kept.values()].map(({ lab }) => lab).filter(({ deletedAt }) => deletedAt === undefined);
  }

  async find(id: string) {
    return structuredClone(this.#kept.get(id));
  }

  async *events(id: string) {
    yield* structuredClone(this.#kept.get(id)?.events ?? []);
  }

  async keep(lab: KeptLab, state: readonly Checkpoint[], events: readonly LabEvent[], isNew: boolean) {
    if (this.failure) throw this.failure;
    const before = isNew ? [] : (this.#kept.get(lab.id)?.events ?? []);
    this.#kept.set(lab.id, structuredClone({ lab, state, events: [...before, [...events]] }));
  }

  async setDeleted(id: string, gone: boolean, now = Date.now()) {
    const kept = this.#kept.get(id);
    if (kept) kept.lab = { ...kept.lab, deletedAt: gone ? now : undefined };
  }

  async deleteLab(id: string) {
    this.#kept.delete(id);
  }

  close() {
    this.#kept.clear();
  }
}

export interface LabSetUp {
  readonly datasetOf: DatasetOf;
  readonly budget?: number;
  readonly store?: LabStore;
  /** Milliseconds that pass at every look at the clock: states are taken every 500. */
  readonly tickMs?: number;
}

export async function openLab(
  engine: Engine,
  experiments: readonly Experiment[],
  { datasetOf, budget = 2 ** 28, store, tickMs = 100 }: LabSetUp,
) {
  let ms = 0;
  const now = () => (ms += tickMs);
  const failures: unknown[] = [];
  const session = store && { id: 'tab', keeper: new Keeper(store, (error) => failures.push(error), now) };
  let follow: (event: LabEvent) => void = () => undefined;
  const tell = (event: LabEvent) => follow(structuredClone(event));
  const lab = await LabRuns.create(engine, experiments, datasetOf, {
    budget,
    choice: 'cpu',
    tell,
    session,
    now,
  });
  const traces = lab.runs.summaries.map((summary) => new Trace(summary.measured, shapeOf(summary)));
  const events: LabEvent[] = [];
  follow = (event) => {
    events.push(event);
    traces.forEach((trace, r) => {
      if (event.type === 'metrics') trace.append(event.block, r);
      if (event.type === 'test' && event.runs.includes(r)) trace.appendTest(event.block, r);
      if (event.type === 'back') trace.cut(event.iteration);
    });
  };
  return {
    lab,
    events,
    failures,
    follow,
    all: () => traces.map(recorded),
    words: async () => wordsOf(await lab.runs.checkpoint()),
  };
}

/** A new page that takes up what a store has. */
export async function resumeLab(engine: Engine, store: LabStore, setUp: LabSetUp) {
  const kept = await store.find('tab');
  if (!kept) throw new Error('nothing is kept');
  const opened = await openLab(engine, kept.lab.start, { ...setUp, store });
  const isResumed = await opened.lab.resume(kept.lab, kept.state);
  for await (const events of store.events('tab')) events.forEach(opened.follow);
  return { ...opened, isResumed };
}

/**
 * The words of a training state without what leaves no trace in training: where evaluations stand, and the control record, which of a
 * run that has stopped holds the norm of whatever lay in its gradients.
 */
function wordsOf(state: readonly Checkpoint[]): number[][][] {
  return state.map(({ words }) => {
    const parts = words.slice(0, -1).map((part) => [...part]);
    const status = parts[parts.length - 1];
    for (let replica = 0; replica < status.length; replica += STATUS_WORDS) {
      for (const word of [STATUS.test_batch, STATUS.present, STATUS.evaluate]) status[replica + word] = 0;
    }
    return parts;
  });
}
