import { describe, expect, test } from 'vitest';
import { SubmissionSize, submissionEnd, type Task, TaskQueue } from '../../../src/engine/gpu/submission.ts';

describe('the size of a submission', () => {
  test('is 64 steps until one has been measured', () => {
    expect(new SubmissionSize().steps).toBe(64);
  });
  test('aims at 75 ms', () => {
    const size = new SubmissionSize();
    size.finished(64, 128);
    // 2 ms a step
    expect(size.steps).toBe(37);
  });
  test('is half the latest time and half those before', () => {
    const size = new SubmissionSize();
    size.finished(64, 64);
    size.finished(64, 192);
    // (1 + 3) / 2 = 2 ms a step
    expect(size.steps).toBe(37);
  });
  test('grows fourfold at most, up to 8192 steps', () => {
    const size = new SubmissionSize();
    const sizes = Array.from({ length: 6 }, () => {
      size.finished(size.steps, 0.001);
      return size.steps;
    });
    expect(sizes).toEqual([256, 1024, 4096, 8192, 8192, 8192]);
  });
  test('is one step where each takes longer than the aim', () => {
    const size = new SubmissionSize();
    size.finished(1, 400);
    expect(size.steps).toBe(1);
  });
});

describe('where a submission ends', () => {
  test('between two iterations where it holds a whole one', () => {
    // Iterations of 30 steps: 64 steps reach to 64, the last boundary before is 60.
    expect(submissionEnd(0, 300, 30, 64)).toBe(60);
    expect(submissionEnd(15, 300, 30, 64)).toBe(60);
  });
  test('within an iteration that is longer', () => {
    expect(submissionEnd(0, 300, 100, 64)).toBe(64);
    // The rest of the iteration, then on within the next one.
    expect(submissionEnd(64, 300, 100, 64)).toBe(100);
    expect(submissionEnd(100, 300, 100, 64)).toBe(164);
  });
  test('at the last step', () => {
    expect(submissionEnd(280, 300, 30, 64)).toBe(300);
    expect(submissionEnd(0, 20, 20, 8192)).toBe(20);
  });
  test('after one step at least', () => {
    expect(submissionEnd(7, 300, 30, 0)).toBe(8);
  });
  test('an iteration of 400 ms is cut into submissions of 50 to 100 ms once it is measured', () => {
    const size = new SubmissionSize();
    const [steps, stepMs] = [200, 2];
    const ms: number[] = [];
    for (let at = 0; at < 5 * steps; ) {
      const end = submissionEnd(at, 5 * steps, steps, size.steps);
      ms.push((end - at) * stepMs);
      size.finished(end - at, (end - at) * stepMs);
      at = end;
    }
    // The first is a guess, and the last of each iteration is what remains of it.
    expect(Math.max(...ms.slice(1))).toBe(74);
    expect(ms.reduce((sum, x) => sum + x, 0)).toBe(5 * 400);
  });
});

describe('tasks', () => {
  /** A task of so many parts that notes each, and the means to finish them. */
  function long(name: string, parts: number, log: string[], finish: (() => void)[]): Task {
    let left = parts;
    return {
      isLong: true,
      get isDone() {
        return left === 0;
      },
      next: () => {
        left -= 1;
        log.push(name);
        return new Promise<void>((resolve) => finish.push(resolve));
      },
      drop: (error) => log.push(`${name}: ${error.message}`),
    };
  }

  function short(name: string, log: string[]): Task {
    let isDone = false;
    return {
      isLong: false,
      get isDone() {
        return isDone;
      },
      next: () => {
        isDone = true;
        log.push(name);
        return undefined;
      },
      drop: (error) => log.push(`${name}: ${error.message}`),
    };
  }
  const turn = () => new Promise((resolve) => setTimeout(resolve));

  test('at most three parts are in flight, and what comes later waits for its turn', async () => {
    const log: string[] = [];
    const finish: (() => void)[] = [];
    const queue = new TaskQueue();
    queue.add(short('write', log));
    queue.add(long('run', 5, log, finish));
    queue.add(short('read', log));
    expect(log).toEqual(['write', 'run', 'run', 'run']);
    expect(queue.isHeldUp).toBe(true);
    finish[0]();
    await turn();
    expect(log).toEqual(['write', 'run', 'run', 'run', 'run']);
    finish[1]();
    await turn();
    expect(log.slice(5)).toEqual(['run', 'read']);
    expect(queue.isHeldUp).toBe(false);
  });

  test('what has not been done is dropped', () => {
    const log: string[] = [];
    const queue = new TaskQueue();
    queue.add(long('run', 4, log, []));
    queue.add(short('read', log));
    queue.clear(new Error('over'));
    expect(log.slice(3)).toEqual(['run: over', 'read: over']);
  });

  test('a part that throws drops its task, and the next task has its turn', () => {
    const log: string[] = [];
    const queue = new TaskQueue();
    const failing: Task = {
      isLong: true,
      isDone: false,
      next: () => {
        throw new Error('lost');
      },
      drop: (error) => log.push(`run: ${error.message}`),
    };
    queue.add(failing);
    queue.add(short('read', log));
    expect(log).toEqual(['run: lost', 'read']);
  });
});
