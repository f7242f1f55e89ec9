/** Learning-rate schedules: the share of the learning rate that an iteration has. `shaders/lib/schedule.wgsl` computes the same. */
import type { Schedule } from './schema.ts';

/** In the order of their codes. */
export const SCHEDULES = ['constant', 'step', 'cosine', 'one_cycle'] as const satisfies readonly Schedule['name'][];

/** A schedule as numbers, in iterations and in shares of the learning rate; fields that it does not have are 0. */
export interface ScheduleNumbers {
  /** Index into SCHEDULES. */
  readonly code: number;
  /** Iterations of warm-up, and its first share. */
  readonly warmup: number;
  readonly warmupStart: number;
  /** Iterations of a step, of the fall, or of the cycle. */
  readonly period: number;
  /** ln of a step's factor; the share at which the fall ends. */
  readonly low: number;
  /** Iteration of the cycle's peak, which need not be whole; the shares at which the cycle starts and ends. */
  readonly peak: number;
  readonly start: number;
  readonly end: number;
}

/** @param iterations of the run: a period of 0 lasts for what is left of them */
export function scheduleNumbers(schedule: Schedule, iterations: number): ScheduleNumbers {
  const none = { warmup: 0, warmupStart: 0, period: 0, low: 0, peak: 0, start: 0, end: 0 };
  const code = SCHEDULES.indexOf(schedule.name);
  if (schedule.name === 'one_cycle') {
    const { peakShare, startDivisor, endDivisor } = schedule;
    const period = schedule.period || iterations;
    const start = 1 / startDivisor;
    return { ...none, code, period, peak: peakShare * period - 1, start, end: start / endDivisor };
  }
  const warmUp = { ...none, code, warmup: schedule.warmup, warmupStart: schedule.warmupStart };
  switch (schedule.name) {
    case 'constant':
      return warmUp;
    case 'step':
      return { ...warmUp, period: schedule.every, low: Math.log(schedule.factor) };
    case 'cosine':
      return { ...warmUp, period: schedule.period || iterations - schedule.warmup, low: schedule.floor };
  }
}

/** Share of the learning rate at an iteration, counted from 0. Behind the end of a fall or a cycle it stays as it was there. */
export function shareAt(
  { code, warmup, warmupStart, period, low, peak, start, end }: ScheduleNumbers,
  iteration: number,
): number {
  if (iteration < warmup) return warmupStart + ((1 - warmupStart) * iteration) / warmup;
  const done = iteration - warmup;
  switch (SCHEDULES[code]) {
    case 'step':
      return Math.exp(low * Math.floor(done / period));
    case 'cosine':
      return between(1, low, Math.min(done, period), Math.max(period - done, 0));
    case 'one_cycle': {
      const at = Math.min(done, period - 1);
      return at <= peak ? between(start, 1, at, peak - at) : between(1, end, at - peak, period - 1 - at);
    }
    default:
      return 1;
  }
}

/** From one share to another along half a cosine, after `done` of `done + left` iterations. */
function between(from: number, to: number, done: number, left: number): number {
  // (1 + cos πx)/2 = 1 − sin²(πx/2), by the smaller of both angles, so that neither weight cancels.
  const small = Math.sin((Math.PI / 2) * (Math.min(done, left) / (done + left))) ** 2;
  return done <= left ? from * (1 - small) + to * small : from * small + to * (1 - small);
}

/** The learning rate of an iteration of a run. */
export function rateAt(schedule: Schedule, learningRate: number, iteration: number, iterations: number): number {
  return learningRate * shareAt(scheduleNumbers(schedule, iterations), iteration);
}
