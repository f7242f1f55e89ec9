/** Estimates of speed from timings of other plans. */
import { describe, expect, test } from 'vitest';
import { CPU_LIMITS } from '../../../../src/engine/device-limits.ts';
import { parseExperiment } from '../../../../src/model/experiment.ts';
import { estimatePlans } from '../../../../src/sweep/estimate.ts';
import { areSmall } from '../../../../src/ui/form/size.ts';
import { iterationSeconds, type Timed, withTiming } from '../../../../src/ui/form/speed.ts';

const timed: Timed = { dispatches: 100, flop: 1e6, seconds: 0.01 };

describe('an iteration', () => {
  test('of the timed plans takes what it took', () => {
    expect(iterationSeconds({ dispatches: 100, flop: 1e6 }, [timed])).toEqual({
      least: 0.01,
      about: 0.01,
      most: 0.01,
      isMeasured: true,
    });
  });

  test('of others lies between all of its time being dispatches and all being arithmetic', () => {
    // As many dispatches, 16 times the arithmetic: between 0.01 s and 0.16 s, and by factors in the middle at 0.04 s.
    const wider = iterationSeconds({ dispatches: 100, flop: 16e6 }, [timed]);
    expect(wider).toMatchObject({ least: 0.01, most: 0.16, isMeasured: false });
    expect(wider?.about).toBeCloseTo(0.04, 12);
    // Twice as deep: twice of both leaves nothing open.
    const deeper = iterationSeconds({ dispatches: 200, flop: 2e6 }, [timed]);
    expect([deeper?.least, deeper?.most]).toEqual([0.02, 0.02]);
  });

  test.each([
    [0, 1e-8],
    [1e-4, 0],
    [5e-5, 5e-9],
  ])('of a machine with %d s a dispatch and %d s a FLOP is within the span', (perDispatch, perFlop) => {
    const truth = (dispatches: number, flop: number) => dispatches * perDispatch + flop * perFlop;
    const known: Timed = { dispatches: 100, flop: 1e6, seconds: truth(100, 1e6) };
    for (const [dispatches, flop] of [
      [100, 1e8],
      [1000, 1e6],
      [10, 1e4],
      [300, 7e5],
    ]) {
      const span = iterationSeconds({ dispatches, flop }, [known]);
      const seconds = truth(dispatches, flop);
      expect((span?.least ?? 1) <= seconds * (1 + 1e-9) && seconds <= (span?.most ?? 0) * (1 + 1e-9)).toBe(true);
    }
  });

  test('is estimated from the timing that leaves least open, and not at all from none', () => {
    const near: Timed = { dispatches: 100, flop: 15e6, seconds: 0.1 };
    expect(iterationSeconds({ dispatches: 100, flop: 16e6 }, [near, timed])).toMatchObject({ least: 0.1 });
    expect(iterationSeconds({ dispatches: 100, flop: 16e6 }, [])).toBeUndefined();
  });
});

test('timings are one for each plan, the latest of a few; what is none is not kept', () => {
  const again = { ...timed, seconds: 0.02 };
  expect(withTiming([timed], again)).toEqual([again]);
  expect(withTiming([timed], { ...timed, flop: 0 })).toEqual([timed]);
  expect(withTiming([], { ...timed, seconds: Number.POSITIVE_INFINITY })).toHaveLength(1);
  const many = Array.from({ length: 40 }, (_, k): Timed => ({ ...timed, dispatches: k + 1 })).reduce(
    withTiming,
    [] as readonly Timed[],
  );
  expect([many.length, many.at(-1)?.dispatches]).toEqual([24, 40]);
});

describe('what is called small', () => {
  const mlp = (depth: number, width: number, batchSize = 64) =>
    parseExperiment({ model: { kind: 'mlp', depth, width }, batchSize });

  test.each([
    ['MLP', mlp(32, 64)],
    ['residual MLP', parseExperiment({ model: { kind: 'residual_mlp', blocks: 64, norm: 'batch' } })],
    ['LSTM', parseExperiment({ task: { name: 'adding', length: 60 }, model: { kind: 'recurrent' } })],
  ])('needs less than every device has: %s', (_, run) => {
    expect(areSmall([run])).toBe(true);
    expect(estimatePlans([run], CPU_LIMITS).bytes).toBeLessThan(2 ** 27);
  });

  test('and what is not: deep, wide, long, many', () => {
    expect(areSmall([mlp(10_000, 64)])).toBe(false);
    expect(areSmall([mlp(4, 4096)])).toBe(false);
    expect(areSmall([parseExperiment({ task: { name: 'adding', length: 10_000 }, model: { kind: 'recurrent' } })])).toBe(false);
    expect(areSmall([parseExperiment({ task: { name: 'teacher', inputs: 1000, examples: 100_000 } })])).toBe(false);
    expect(areSmall(Array.from({ length: 100 }, () => mlp(32, 64)))).toBe(false);
  });
});
