/** The learning rates that clip_coefficient computes by shaders/lib/schedule.wgsl. */
import { describe, expect, test } from 'vitest';
import { parseExperiment } from '../../src/model/experiment.ts';
import type { ExperimentInput } from '../../src/model/schema.ts';
import { hyperWords } from '../../src/plan/hyper.ts';
import { CONTROL, CONTROL_WORDS, HYPER_WORDS, SHAPE_WORDS, STATUS_WORDS } from '../../src/plan/records.ts';
import golden from '../golden/schedules.json' with { type: 'json' };
import { controlOf, pairOf, shapesOf, statusOf } from '../support/records.ts';
import { flat, reads, records, runKernel, updates, useEngines } from '../support/run-kernel.ts';
import { COST, gamma, U } from '../support/tolerance.ts';

const engines = useEngines();

/** The rates of these iterations, one a replica, on the engine under test and by the twin. */
async function rates(input: ExperimentInput, iterations: readonly number[]): Promise<{ gpu: Float32Array; cpu: Float32Array }> {
  const R = iterations.length;
  const words = new Uint32Array(hyperWords(parseExperiment(input)).buffer);
  const hyper = Uint32Array.from({ length: R * HYPER_WORDS }, (_, i) => words[i % HYPER_WORDS]);
  const shapes = shapesOf(iterations.map(() => ({ z: 0, d: 0, g: 1 })));
  const { gpu, cpu } = await runKernel(engines(), 'clip_coefficient', {
    constants: { B: 1, BATCH: 1 },
    grid: [64 * R, 1, 1],
    operands: {
      norms: reads(flat(R, 2), Uint32Array.from(iterations.flatMap(() => pairOf(1)))),
      rows: reads(
        records(R, 1, 2),
        iterations.flatMap(() => [1, 0]),
      ),
      hyper: reads(flat(R, HYPER_WORDS), hyper),
      status: reads(flat(R, STATUS_WORDS), statusOf(iterations.map((iteration) => ({ iteration })))),
      shapes: reads(flat(R, SHAPE_WORDS), shapes),
      control: updates(flat(R, CONTROL_WORDS), controlOf(iterations.map(() => ({})))),
    },
  });
  const rateOf = (control: ArrayLike<number>) => {
    const floats = new Float32Array(Uint32Array.from(control).buffer);
    return Float32Array.from(iterations, (_, r) => floats[r * CONTROL_WORDS + CONTROL.learning_rate]);
  };
  return { gpu: rateOf(gpu.control), cpu: rateOf(cpu.control) };
}

/**
 * Relative error of a share in float32. A fall: the fraction is two sums and a division, its sine about 10 roundings, squared, then
 * two products and a sum of positive terms. A step: its exponent has three roundings of a number of this size, and exp its own.
 */
function tolerance(name: string, rate: number, learningRate: number): number {
  if (name !== 'step') return gamma(2 * (2 + COST.divide + 10) + 8) * rate;
  const exponent = Math.abs(Math.log(rate / learningRate));
  return (3 * exponent + COST.exp(exponent) + 3) * U * rate;
}

describe.each(golden.rows)('clip_coefficient, schedule $name', ({ schedule, learningRate, iterations, rates: torch }) => {
  const optimizer = { name: 'sgd', learningRate, schedule } as ExperimentInput['optimizer'];
  const input = { optimizer, iterations } as ExperimentInput;

  test("has torch's learning rate in every iteration", async () => {
    const { gpu, cpu } = await rates(
      input,
      torch.map((_, i) => i),
    );
    torch.forEach((wanted, i) => {
      // The words of the schedule are rounded, too: the last term, of the whole range.
      const allowed = tolerance(schedule.name, wanted, learningRate) + 4 * U * wanted;
      expect(Math.abs(gpu[i] - wanted), `iteration ${i}: ${gpu[i]}, torch ${wanted}`).toBeLessThanOrEqual(allowed);
      expect(Math.abs(cpu[i] - wanted), `twin, iteration ${i}`).toBeLessThanOrEqual(allowed);
    });
  });
});

test('clip_coefficient leaves a constant learning rate as it is, to the bit', async () => {
  const { gpu, cpu } = await rates({ optimizer: { name: 'sgd', learningRate: 0.1 } }, [0, 1, 999, 9_999_999]);
  expect([...gpu, ...cpu]).toEqual(Array(8).fill(Math.fround(0.1)));
});

test('clip_coefficient follows schedules of millions of iterations', async () => {
  const iterations = 10_000_000;
  const at = [0, 1, 4_999_999, 5_000_000, 9_999_998, 9_999_999];
  for (const schedule of [{ name: 'cosine' }, { name: 'one_cycle' }] as const) {
    const { gpu, cpu } = await rates({ optimizer: { name: 'sgd', learningRate: 1, schedule }, iterations }, at);
    at.forEach((_, k) => {
      expect(Math.abs(gpu[k] - cpu[k]), `${schedule.name}, iteration ${at[k]}`).toBeLessThanOrEqual(
        tolerance(schedule.name, cpu[k], 1) + U * cpu[k],
      );
    });
    expect(cpu[0]).toBeGreaterThan(cpu[5]);
  }
});
