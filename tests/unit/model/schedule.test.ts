import { describe, expect, test } from 'vitest';
import { parseExperiment } from '../../../src/model/experiment.ts';
import { rateAt } from '../../../src/model/schedule.ts';
import type { ExperimentInput } from '../../../src/model/schema.ts';
import golden from '../../golden/schedules.json' with { type: 'json' };

type ScheduleInput = NonNullable<NonNullable<ExperimentInput['optimizer']>['schedule']>;

/** Learning rates of a run, after the schedule has been validated. */
function ratesOf(schedule: unknown, learningRate: number, iterations: number, upTo = iterations): number[] {
  const optimizer = { name: 'sgd', learningRate, schedule: schedule as ScheduleInput } as const;
  const parsed = parseExperiment({ optimizer, iterations }).optimizer;
  return Array.from({ length: upTo }, (_, i) => rateAt(parsed.schedule, parsed.learningRate, i, iterations));
}

describe("torch's learning rates", () => {
  test.each(golden.rows)('$name: $torch', ({ schedule, learningRate, iterations, rates }) => {
    expect(rates).toHaveLength(iterations);
    const largest = Math.max(...rates);
    ratesOf(schedule, learningRate, iterations).forEach((rate, i) => {
      // torch goes from one rate to the next, with about eight roundings of numbers up to the largest rate; ours has as many in all.
      expect(Math.abs(rate - rates[i]), `iteration ${i}`).toBeLessThanOrEqual(8 * (i + 2) * 2 ** -53 * largest);
    });
  });

  test('control: the same schedule a step later is another one', () => {
    const { schedule, learningRate, iterations, rates } = golden.rows[golden.rows.length - 1];
    const shifted = ratesOf(schedule, learningRate, iterations).slice(1);
    expect(shifted.every((rate, i) => Math.abs(rate - rates[i]) > 1e-3 * rates[i])).toBe(true);
  });
});

describe('a schedule', () => {
  test('of a cosine stays at its floor, and of a cycle at its end', () => {
    expect(ratesOf({ name: 'cosine', period: 4, floor: 0.25 }, 1, 10).slice(4)).toEqual(Array(6).fill(0.25));
    const cycle = ratesOf({ name: 'one_cycle', period: 5, peakShare: 0.5, startDivisor: 2, endDivisor: 4 }, 1, 9);
    expect(cycle.slice(4)).toEqual(Array(5).fill(0.125));
  });

  test('that is constant is the learning rate itself, in every iteration', () => {
    expect(new Set(ratesOf({ name: 'constant' }, 0.1, 50))).toEqual(new Set([0.1]));
  });
});
