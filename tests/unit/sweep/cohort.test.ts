import { describe, expect, test } from 'vitest';
import type { Dataset } from '../../../src/data/dataset.ts';
import { openEngine } from '../../../src/engine/open.ts';
import { decodeTrace } from '../../../src/metrics/trace-codec.ts';
import { cohortsOf, shareSlots } from '../../../src/sweep/cohorts.ts';
import { EngineLane } from '../../../src/sweep/lane.ts';
import { planRecovery } from '../../../src/sweep/recovery.ts';
import { losing, smallRuns, trainAlone, trainRuns } from '../../support/cohorts.ts';

const engine = await openEngine('cpu', undefined, 'use');
const given = smallRuns();
const alone = await trainAlone(engine, given);

const bytesOf = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

describe('slots', () => {
  test.each([3, 5, 24])('%i slots for 24 runs of three depths: every trace has the bytes that it has alone', async (slots) => {
    const { traces, records, left } = await trainRuns(engine, given, slots);
    expect(left).toEqual([]);
    expect(traces).toEqual(alone);
    expect(records.size).toBe(24);
  });

  test('a run ends where its own rules end it, and is evaluated on the way and at the end', async () => {
    const { traces, records } = await trainRuns(engine, given, 3);
    for (const { id, experiment } of given.runs) {
      const trace = decodeTrace(bytesOf(traces.get(id) ?? ''));
      const { result } = records.get(id) ?? {};
      const overflows = experiment.optimizer.learningRate === 1e30;
      expect(result?.ended).toBe(overflows ? 'weights_not_finite' : 'iterations');
      if (!overflows) expect(trace.length).toBe(experiment.iterations);
      // Every fourth iteration that it had, and the last.
      const due = [4, 8, 12, 16].filter((iteration) => iteration < trace.length);
      expect(trace.tests.map(({ iteration }) => iteration)).toEqual([...due, trace.length]);
      expect(trace.layers.map(({ iteration }) => iteration)).toEqual(
        Array.from({ length: Math.ceil(trace.length / 2) }, (_, k) => 2 * k),
      );
    }
  });

  test('slots are shared out by the iterations of each depth, deepest first, never more than it has runs', async () => {
    const [cohort] = await cohortsOf(given.runs, async () => given.dataset as Dataset);
    expect(cohort.depths.map(({ depth, runs }) => [depth, runs.length])).toEqual([
      [4, 8],
      [2, 8],
      [1, 8],
    ]);
    // 108, 92 and 84 iterations of 284.
    expect(shareSlots(cohort.depths, 12).map(({ slots }) => slots)).toEqual([5, 4, 4]);
    expect(shareSlots(cohort.depths, 1).map(({ slots }) => slots)).toEqual([1, 1, 1]);
    expect(shareSlots(cohort.depths, 1000).map(({ slots }) => slots)).toEqual([8, 8, 8]);
  });
});

describe('a lost device', () => {
  const recovery = (reopened: number[]) => ({
    plan: () => ({ message: 'again', waitMs: 0 }),
    reopen: async (lost: number) => {
      reopened.push(lost);
      return engine;
    },
  });
  const total = given.runs.reduce((sum, { id }) => sum + decodeTrace(bytesOf(alone.get(id) ?? '')).length, 0);

  test.each([1, 2, 3, 5, 8, 13])('at call %i: the results are those of an undisturbed cohort', async (call) => {
    const reopened: number[] = [];
    const { traces, messages, left } = await trainRuns(losing(engine, [call]), given, 5, recovery(reopened));
    expect(reopened).toEqual([1]);
    expect(messages).toEqual([expect.stringMatching(/^The GPU device was lost \(unknown\).*again$/), 'recovered']);
    expect(left).toEqual([]);
    expect(traces).toEqual(alone);
  });

  test('runs go on from the last checkpoint, and start again where there is none', async () => {
    // A clock that leaps: every look at it is a checkpoint's time later, so that each block is followed by one.
    let ms = 0;
    const leaping = () => (ms += 30_000);
    const kept = await trainRuns(losing(engine, [12]), given, 24, recovery([]), leaping);
    const lost = await trainRuns(losing(engine, [12]), given, 24, recovery([]), () => 0);
    expect(kept.traces).toEqual(alone);
    expect(lost.traces).toEqual(alone);
    // Without checkpoints the unfinished runs are computed again from the start.
    expect(kept.iterations).toBeLessThan(lost.iterations);
    expect(lost.iterations).toBeGreaterThan(total);
  });

  test('a device that cannot be opened again counts as lost once more, and the next attempt may be another engine', async () => {
    const attempts: number[] = [];
    const stubborn = {
      plan: (lost: number) => ({ message: `attempt ${lost}`, waitMs: 0 }),
      reopen: async (lost: number) => {
        attempts.push(lost);
        if (lost < 3) throw new Error('There is no adapter.');
        return engine;
      },
    };
    const { traces, messages } = await trainRuns(losing(engine, [3]), given, 5, stubborn);
    expect(attempts).toEqual([1, 2, 3]);
    expect(messages.slice(1)).toEqual(['There is no adapter. attempt 2', 'There is no adapter. attempt 3', 'recovered']);
    expect(traces).toEqual(alone);
  });

  test('stop does not wait for a device', async () => {
    const lane = new EngineLane(losing(engine, [3]), async () => given.dataset, {
      plan: () => ({ message: '', waitMs: 3_600_000 }),
      reopen: async () => engine,
    });
    const [cohort] = await cohortsOf(given.runs, async () => given.dataset);
    const left = await lane.train(
      { runs: given.runs, slots: shareSlots(cohort.depths, 5), traces: {} },
      {
        finished: () => undefined,
        advanced: () => undefined,
        training: () => undefined,
        recovering: () => setTimeout(() => lane.stop(), 20),
        recovered: () => undefined,
      },
    );
    expect(left.length).toBeGreaterThan(0);
  });

  test('first at once, the second within two minutes after a wait, the third on the CPU engine', () => {
    expect([planRecovery(1, Number.POSITIVE_INFINITY), planRecovery(2, 300_000)]).toMatchObject([
      { waitMs: 0, engine: 'gpu' },
      { waitMs: 0, engine: 'gpu' },
    ]);
    const second = planRecovery(2, 10_000);
    expect(second.engine).toBe('gpu');
    expect(second.waitMs).toBeGreaterThan(120_000);
    expect(planRecovery(3, 10_000)).toMatchObject({ waitMs: 0, engine: 'cpu' });
  });
});
