import { describe, expect, test } from 'vitest';
import { parseExperiment } from '../../../src/model/experiment.ts';
import { type CostedJob, takeJob } from '../../../src/sweep/scheduler.ts';

const experiment = parseExperiment({});
const job = (runs: number, slots = 1): CostedJob => ({
  runs: Array.from({ length: runs }, (_, k) => ({ id: String(k), experiment })),
  slots: [{ experiment, slots }],
  traces: {},
  flop: 10 * runs,
});
const taken = (jobs: CostedJob[], lanes: number) => {
  const sizes: number[] = [];
  for (let next = takeJob(jobs, lanes); next; next = takeJob(jobs, lanes)) sizes.push(next.runs.length);
  return sizes;
};

describe('jobs of the cores', () => {
  test('are taken as they are by one core', () => {
    expect(taken([job(4), job(4)], 1)).toEqual([4, 4]);
  });
  test('become smaller towards the end of two', () => {
    // A lane takes a quarter of what is left at most: of 16, 12, 9, 8, 6 … runs.
    expect(taken([job(4), job(4), job(4), job(4)], 2)).toEqual([4, 3, 1, 2, 1, 1, 1, 1, 1, 1]);
  });
  test('keep their runs in order, their cost in proportion and no more slots than runs', () => {
    const jobs = [job(8, 4)];
    const first = takeJob(jobs, 2);
    expect(first?.runs.map(({ id }) => id)).toEqual(['0', '1']);
    expect([first?.flop, jobs[0].flop]).toEqual([20, 60]);
    expect([first?.slots[0].slots, jobs[0].slots[0].slots]).toEqual([2, 4]);
  });
  test('end', () => {
    expect(takeJob([], 2)).toBeUndefined();
  });
});
