import { describe, expect, test } from 'vitest';
import { CpuEngine } from '../../../src/engine/cpu/engine.ts';
import { openEngine } from '../../../src/engine/open.ts';
import { tensorOf, writeReplica } from '../../../src/engine/tensor-io.ts';
import { LimitError } from '../../../src/model/errors.ts';
import { STATUS, STATUS_WORDS } from '../../../src/plan/records.ts';
import { planOf, smallMlp } from '../../support/plans.ts';
import { hyperOf } from '../../support/records.ts';
import { random } from '../../support/run-kernel.ts';

const engine = new CpuEngine({ engine: 'cpu', why: 'a test' });

describe('a session of the CPU engine', () => {
  test('reads what was written, range by range, and nothing besides', async () => {
    const session = await engine.load(planOf(smallMlp(), { replicas: 2 }));
    const weight = tensorOf(session, 'l1.weight');
    const data = random(1, weight.replicaStride);
    session.write({ ...weight, offset: weight.offset + weight.replicaStride }, data);
    const [words, bias] = await session.read([weight, tensorOf(session, 'l1.bias')]);
    const floats = new Float32Array(words.buffer, words.byteOffset, words.length);
    expect(floats.slice(0, weight.replicaStride).every((x) => x === 0)).toBe(true);
    expect(floats.slice(weight.replicaStride, 2 * weight.replicaStride)).toEqual(data);
    expect(bias.every((word) => word === 0)).toBe(true);
    // A copy: later writes do not reach it.
    session.write(weight, new Uint32Array(4).fill(7));
    expect(words[0]).toBe(0);
  });

  test("starts with the plan's contents", async () => {
    const plan = planOf(smallMlp(), { replicas: 3 });
    const session = await engine.load(plan);
    expect(plan.contents.size).toBeGreaterThan(0);
    for (const [name, expected] of plan.contents) {
      const [words] = await session.read([tensorOf(session, name)]);
      expect(words.slice(0, expected.length), name).toEqual(expected);
    }
  });

  test('pads what is written by logical shape', async () => {
    // 3 inputs, 5 units: rows of 5 stand 8 apart.
    const session = await engine.load(planOf(smallMlp()));
    writeReplica(
      session,
      'l0.weight',
      0,
      Float32Array.from({ length: 15 }, (_, i) => i + 1),
    );
    const [words] = await session.read([tensorOf(session, 'l0.weight')]);
    expect([...new Float32Array(words.buffer, words.byteOffset, 24)]).toEqual(
      [0, 5, 10].flatMap((first) => [1, 2, 3, 4, 5, 0, 0, 0].map((x) => (x === 0 ? 0 : first + x))),
    );
  });

  test('runs an iteration as often as asked, until the last one of the replica', async () => {
    const session = await engine.load(planOf(smallMlp()));
    writeReplica(session, 'hyper', 0, new Float32Array(hyperOf([{ iterations: 5, learning_rate: 0.1 }]).buffer));
    await session.run('iteration', 3);
    await session.run('iteration', 4);
    const [status] = await session.read([tensorOf(session, 'status')]);
    expect(status.slice(0, STATUS_WORDS)[STATUS.iteration]).toBe(5);
    expect(status[STATUS.ticks]).toBe(7);
  });

  test('says that memory does not suffice', async () => {
    const plan = planOf(smallMlp());
    const huge = { ...plan, buffers: plan.buffers.map((buffer) => ({ ...buffer, words: 2 ** 50 })) };
    await expect(engine.load(huge)).rejects.toThrow(LimitError);
  });
});

describe('openEngine', () => {
  test('takes the CPU where it is asked for, or where there is no WebGPU, and says why', async () => {
    const asked = await openEngine('cpu', undefined, 'use');
    expect(asked.report).toEqual({ engine: 'cpu', why: 'The CPU engine was asked for.', noGpu: 'not asked for' });
    const { report } = await openEngine('auto', undefined, 'use');
    expect([report.engine, report.noGpu]).toEqual(['cpu', 'navigator.gpu missing']);
    expect(report.why).toMatch(/navigator\.gpu is missing.*The CPU engine runs instead\.$/);
  });

  test('does not replace a GPU that was asked for by name', async () => {
    await expect(openEngine('gpu', undefined, 'use')).rejects.toThrow('navigator.gpu is missing');
  });

  test('names an adapter that is null', async () => {
    const gpu = { requestAdapter: () => Promise.resolve(null) } as unknown as GPU;
    expect((await openEngine('auto', gpu, 'use')).report.noGpu).toBe('adapter null');
  });
});
