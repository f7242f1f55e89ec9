import { describe, expect, test } from 'vitest';
import { CpuEngine } from '../../../src/engine/cpu/engine.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import type { AdapterReport } from '../../../src/engine/report.ts';
import { LimitError } from '../../../src/model/errors.ts';
import { calibrate } from '../../../src/sweep/calibrate.ts';
import { type CohortRuns, cohortsOf } from '../../../src/sweep/cohorts.ts';
import { EngineLane } from '../../../src/sweep/lane.ts';
import { type FromLane, serveLane, type Thread } from '../../../src/sweep/lane-thread.ts';
import { openLanes, type Platform } from '../../../src/sweep/lanes.ts';
import type { RunRecord } from '../../../src/sweep/record.ts';
import { checkFits, Scheduler, type SchedulerListener } from '../../../src/sweep/scheduler.ts';
import { StoreError } from '../../../src/sweep/store.ts';
import type { CohortEstimate, SweepProgress } from '../../../src/sweep/sweep-protocol.ts';
import { smallRuns } from '../../support/cohorts.ts';

const given = smallRuns();
const datasets = async () => given.dataset;
const report: AdapterReport = { engine: 'cpu', why: 'A test.' };
const cpu = () => new CpuEngine(report);
/** The CPU engine under a GPU's name: what a scheduler does with a device. */
const device = (limits: Partial<Engine['limits']> = {}): Engine => {
  const engine = cpu();
  return {
    report: { engine: 'gpu', why: 'A test.' },
    limits: { ...engine.limits, ...limits },
    load: (plan) => engine.load(plan),
    destroy: () => engine.destroy(),
  };
};
const lanesOf = (count: number) => Array.from({ length: count }, () => new EngineLane(cpu(), datasets));

class Kept {
  readonly records = new Map<string, RunRecord>();
  constructor(readonly refuse = Number.POSITIVE_INFINITY) {}
  async append(record: RunRecord): Promise<void> {
    if (this.records.size >= this.refuse) throw new StoreError('The disk is full.');
    this.records.set(record.id, record);
  }
}

const lossesOf = ({ records }: Kept) =>
  given.runs.map(({ id }) => [id, records.get(id)?.result.loss, records.get(id)?.result.testLoss]);

async function trainWith(lanes: ConstructorParameters<typeof Scheduler>[0]['lanes'], listener: SchedulerListener = {}) {
  const store = new Kept();
  const outcome = await new Scheduler({ runs: given.runs, store, datasets, lanes }, listener).run();
  return { store, outcome };
}

const reference = (await trainWith(lanesOf(1))).store;

describe('a sweep', () => {
  test('on one core, on three, and on a device: the same results', async () => {
    expect(reference.records.size).toBe(24);
    for (const lanes of [lanesOf(3), [new EngineLane(device(), datasets)]]) {
      const { store, outcome } = await trainWith(lanes);
      expect(outcome).toBe('finished');
      expect(lossesOf(store)).toEqual(lossesOf(reference));
    }
  });

  test('says how the runs are grouped, and in the end that all are done', async () => {
    const planned: CohortEstimate[] = [];
    const progress: SweepProgress[] = [];
    const finished: string[] = [];
    await trainWith([new EngineLane(device(), datasets)], {
      planned: (cohorts) => planned.push(...cohorts),
      progress: (state) => progress.push(state),
      finished: ({ id }) => finished.push(id),
    });
    expect(planned).toMatchObject([{ label: 'MLP, width 6, relu, batch 7, wine, sgd', runs: 24, depths: [1, 4] }]);
    expect(planned[0].seconds).toBeGreaterThan(0);
    expect(planned[0].bytes).toBeGreaterThan(1000);
    expect(new Set(finished)).toEqual(new Set(given.runs.map(({ id }) => id)));
    expect(progress.at(-1)).toMatchObject({ runs: 24, finished: 24, diverged: 6, training: 0 });
  });

  test('a device too small for all depths at once trains them in parts', async () => {
    const whole = await calibrate(device(), (await cohortsOf(given.runs, datasets))[0].depths, given.dataset, 3);
    const planned: CohortEstimate[] = [];
    const small = device({ totalBytes: (whole?.bytes ?? 0) * 0.9 });
    const { store } = await trainWith([new EngineLane(small, datasets)], { planned: (cohorts) => planned.push(...cohorts) });
    expect(planned.map(({ depths }) => depths)).toEqual([
      [2, 4],
      [1, 1],
    ]);
    expect(lossesOf(store)).toEqual(lossesOf(reference));
  });

  test('a run that no device could hold is named before anything is trained', async () => {
    const cohorts = await cohortsOf(given.runs, datasets);
    await checkFits(cohorts, datasets, cpu().limits);
    const check = checkFits(cohorts, datasets, { ...cpu().limits, totalBytes: 20_000 });
    await expect(check).rejects.toThrow(LimitError);
    await expect(check).rejects.toThrow(
      new RegExp(`^The run ${given.runs[0].id} \\(MLP.*depth 4\\), bytes of memory: .* needed, 20,000`),
    );
  });

  test('stops when results can no longer be kept; what was kept stays', async () => {
    const store = new Kept(5);
    const scheduler = new Scheduler({ runs: given.runs, store, datasets, lanes: lanesOf(2) }, {});
    await expect(scheduler.run()).rejects.toThrow(new StoreError('The disk is full.'));
    expect(store.records.size).toBe(5);
  });

  test('stop ends it soon; pause holds it until resume', async () => {
    const store = new Kept();
    const [lane] = lanesOf(1);
    let finished = 0;
    const scheduler: Scheduler = new Scheduler(
      { runs: given.runs, store, datasets, lanes: [lane] },
      {
        finished: () => {
          if (++finished === 4) scheduler.stop();
        },
      },
    );
    expect(await scheduler.run()).toBe('stopped');
    expect(store.records.size).toBeGreaterThanOrEqual(4);
    expect(store.records.size).toBeLessThan(24);

    const second = new Kept();
    const paused: Scheduler = new Scheduler({ runs: given.runs, store: second, datasets, lanes: lanesOf(2) }, {});
    paused.pause();
    const running = paused.run();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(second.records.size).toBe(0);
    paused.resume();
    expect(await running).toBe('finished');
    expect(lossesOf(second)).toEqual(lossesOf(reference));
  });

  test('the time of a session counts training alone, not the pauses', async () => {
    // A clock that stands still but where the test moves it.
    let ms = 0;
    const store = new Kept();
    const [lane] = lanesOf(1);
    const options = { runs: given.runs, store, datasets, lanes: [lane], seconds: 10, now: () => ms };
    let finished = 0;
    const scheduler: Scheduler = new Scheduler(options, {
      finished: () => {
        finished += 1;
        if (finished === 2) {
          scheduler.pause();
          ms += 3_600_000;
          scheduler.resume();
        }
        if (finished === 6) ms += 10_000;
      },
    });
    expect(await scheduler.run()).toBe('out of time');
    expect(store.records.size).toBeGreaterThanOrEqual(6);
    expect(store.records.size).toBeLessThan(24);
  });
});

describe('calibration', () => {
  test('takes what trains markedly faster, and a handful of runs at once', async () => {
    const [cohort] = await cohortsOf(given.runs, datasets);
    const measured = await calibrate(device(), cohort.depths, given.dataset);
    const slots = measured?.slots.reduce((sum, request) => sum + request.slots, 0) ?? 0;
    expect(slots).toBeGreaterThanOrEqual(3);
    expect(slots).toBeLessThanOrEqual(24);
    const few = await cohortsOf(given.runs.slice(0, 5), datasets);
    expect((await calibrate(device(), few[0].depths, given.dataset))?.slots.map((request) => request.slots)).toEqual([5]);
  });

  const threads: Thread[] = [];
  /** A thread in name only: the lane's protocol without another thread. */
  const openThread = (): Thread => {
    let receive: (message: FromLane) => void = () => undefined;
    const take = serveLane({ post: (message) => queueMicrotask(() => receive(structuredClone(message))) }, datasets);
    const listen = (listener: typeof receive) => {
      receive = listener;
    };
    const thread = { post: take, listen, terminate: () => undefined };
    threads.push(thread);
    return thread;
  };
  const platform = (cores: number): Platform => ({
    openEngine: async (choice) => (choice === 'cpu' ? cpu() : device()),
    openThread,
    cores,
  });

  test('auto takes a device that is faster than all cores, and the cores where they are', async () => {
    const [cohort] = (await cohortsOf(given.runs, datasets)) as [CohortRuns];
    // Both measure the same engine: a thousandth of a core is slower than the device, thousand cores are faster.
    expect((await openLanes('auto', cohort, datasets, platform(0.001))).report.engine).toBe('gpu');
    threads.length = 0;
    const many = { ...platform(1000), openThread };
    const lanes = await openLanes('auto', cohort, datasets, { ...many, cores: 1000 });
    expect(lanes.report).toMatchObject({
      engine: 'cpu',
      why: expect.stringMatching(/^A calibration found .* on WebGPU and .* on 1000 cores\./),
    });
    expect(threads).toHaveLength(1000);
  });

  test('threads train what one engine trains', async () => {
    const [cohort] = (await cohortsOf(given.runs, datasets)) as [CohortRuns];
    const { lanes } = await openLanes('cpu', cohort, datasets, platform(2));
    const { store } = await trainWith(lanes);
    expect(lossesOf(store)).toEqual(lossesOf(reference));
  });
});
