import { describe, expect, test } from 'vitest';
import { History, REACH, stopsBetween } from '../../../src/sweep/history.ts';
import { Tempo } from '../../../src/sweep/tempo.ts';

describe('slow motion', () => {
  function setUp(speed: number) {
    const clock = { ms: 1000 };
    const tempo = new Tempo(() => clock.ms);
    tempo.speed = speed;
    return { clock, tempo };
  }

  test('the first iteration is due at once, the next ones evenly', () => {
    const { clock, tempo } = setUp(10);
    expect([tempo.due, tempo.waitMs]).toEqual([1, 0]);
    tempo.trained(1);
    expect([tempo.due, tempo.waitMs]).toEqual([0, 100]);
    clock.ms += 99;
    expect([tempo.due, tempo.waitMs]).toEqual([0, 1]);
    clock.ms += 1;
    expect(tempo.due).toBe(1);
  });

  test('a late timer, as hidden tabs have them, delays iterations and loses none', () => {
    const { clock, tempo } = setUp(5);
    let trained = 0;
    // A look a second: 5 iterations each, after the one that was due at once.
    for (let second = 0; second < 60; second++) {
      trained += tempo.due;
      tempo.trained(tempo.due);
      clock.ms += 1000;
    }
    expect(trained).toBe(1 + 5 * 59);
  });

  test('more than a second is not caught up: after a freeze there is no burst', () => {
    const { clock, tempo } = setUp(5);
    tempo.trained(tempo.due);
    clock.ms += 3_600_000;
    // A second of it, and the one that is due now.
    expect(tempo.due).toBe(6);
    tempo.trained(6);
    expect(tempo.waitMs).toBe(200);
  });

  test('full speed has no limit; another speed takes effect at once', () => {
    const { tempo } = setUp(1);
    tempo.trained(1);
    expect(tempo.waitMs).toBe(1000);
    tempo.speed = 'full';
    expect([tempo.due, tempo.waitMs]).toEqual([Number.POSITIVE_INFINITY, 0]);
    tempo.speed = 2;
    expect(tempo.due).toBe(1);
  });
});

describe('the ring of states', () => {
  const fill = (budget: number, iterations: readonly number[]) => {
    const history = new History<null>(budget);
    for (const iteration of iterations) history.add({ iteration, bytes: 10, state: null });
    return history;
  };
  const everyTen = Array.from({ length: 101 }, (_, k) => 10 * k);

  test('keeps the first and the latest, and in between fewer the further back they lie', () => {
    const { iterations } = fill(100, everyTen);
    expect(iterations).toHaveLength(10);
    expect([iterations[0], ...iterations.slice(-3)]).toEqual([0, 980, 990, 1000]);
    const gaps = iterations.slice(1).map((iteration, k) => iteration - iterations[k]);
    // Doubling gaps would be 10, 10, 20, …, 320: none is much longer than all that follow it together.
    gaps.forEach((gap, k) => {
      const after = gaps.slice(k + 1).reduce((sum, next) => sum + next, 0);
      expect(gap).toBeLessThanOrEqual(Math.max(10, 3 * after));
    });
  });

  test('where two fit they reach far enough back, however close the next ones come', () => {
    const { iterations } = fill(20, everyTen);
    expect(iterations).toHaveLength(2);
    expect(iterations[1] - iterations[0]).toBeGreaterThanOrEqual(REACH);
    expect(iterations[1]).toBeGreaterThan(1000 - 2 * REACH);
  });

  test('where none fits there is none', () => {
    const history = fill(9, [0, 1]);
    expect([history.iterations, history.room, history.before(5)]).toEqual([[], 0, undefined]);
  });

  test('is cut where the runs go back; what is at that iteration stays', () => {
    const history = fill(1000, [0, 5, 9]);
    history.cut(5);
    expect([history.before(100)?.iteration, history.before(4)?.iteration]).toEqual([5, 0]);
  });

  test('on the way to an iteration states lie at powers of two before it', () => {
    expect(stopsBetween(0, 1000)).toEqual([936, 968, 984, 992, 996, 998, 999, 1000]);
    expect(stopsBetween(995, 1000)).toEqual([996, 998, 999, 1000]);
    expect(stopsBetween(7, 7)).toEqual([7]);
  });
});
