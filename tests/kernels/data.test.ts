import { describe, expect, test } from 'vitest';
import { orderKey, permute } from '../../src/math/philox.ts';
import { HYPER_WORDS, NO_LABEL, STATUS, STATUS_WORDS } from '../../src/plan/records.ts';
import { hyperOf, statusOf } from '../support/records.ts';
import {
  absent,
  flat,
  matrix,
  type Operand,
  random,
  reads,
  records,
  runKernel,
  title,
  updates,
  useEngines,
  writes,
} from '../support/run-kernel.ts';

const engines = useEngines();
const tiles = (n: number) => Math.ceil(n / 4);

interface Draw {
  /** Examples of the data set, batch size, input features, target values. */
  readonly N: number;
  readonly B: number;
  readonly I: number;
  readonly C: number;
  readonly targets?: boolean;
  readonly sequential?: boolean;
  /** One replica each. */
  readonly replicas: readonly { seed: number; iteration?: number; testBatch?: number; scale?: number }[];
}

/** x, labels and targets on both engines; labels are the example's number, so that they show which was drawn. */
async function draw({ N, B, I, C, targets = false, sequential = false, replicas }: Draw) {
  const R = replicas.length;
  const values = random(1, N * C);
  const result = await runKernel(engines(), 'draw_batch', {
    constants: { N, B, I, C, TARGETS: Number(targets), SEQUENTIAL: Number(sequential) },
    grid: [Math.max(tiles(I), tiles(C)), B, R],
    buffers: R === 1 ? 'one' : 'several',
    operands: {
      data: reads(dataLayout(N, I), random(2, N * I)),
      labels: reads(
        flat(N),
        Uint32Array.from({ length: N }, (_, n) => n),
      ),
      targets: targets ? reads(dataLayout(N, C), values) : absent,
      hyper: reads(
        flat(R, HYPER_WORDS),
        hyperOf(replicas.map(({ seed, scale = 1 }) => ({ seed, input_scale: scale, iterations: 2 ** 31 }))),
      ),
      status: updates(
        flat(R, STATUS_WORDS),
        statusOf(replicas.map(({ iteration = 0, testBatch = 0 }) => ({ iteration, test_batch: testBatch, evaluate: 1 }))),
      ),
      x: writes(matrix(R, B, I)),
      label: writes(records(R, B, 1)),
      target_rows: targets ? writes(matrix(R, B, C)) : absent,
    },
  });
  // Copies, and a product that is rounded alike on both: equal bits.
  for (const name of ['x', 'label', 'target_rows', 'status'] as const) result.compare(name, 0);
  return result;
}

/** (n, columns), rows not padded to a multiple of 4. */
function dataLayout(n: number, columns: number): Operand['layout'] {
  const stride = 4 * tiles(columns);
  const dims = [
    [n, stride],
    [columns, 1],
  ] as const;
  return { dims, words: n * stride };
}

const CASES: readonly Draw[] = [
  { N: 1, B: 1, I: 1, C: 1, replicas: [{ seed: 1 }] },
  {
    N: 5,
    B: 2,
    I: 3,
    C: 2,
    targets: true,
    replicas: [{ seed: 0 }, { seed: 0xffffffff, iteration: 3 }, { seed: 7, iteration: 1 }],
  },
  { N: 100, B: 7, I: 65, C: 3, targets: true, replicas: [{ seed: 123, iteration: 1e6, scale: -2.5 }] },
  { N: 1415, B: 64, I: 5, C: 33, replicas: [{ seed: 1 }, { seed: 2, iteration: 21 }, { seed: 3, iteration: 22, scale: 1e30 }] },
  // Held-out split: an ordinary batch, the last one, which is partly empty, and one beyond the end.
  {
    N: 10,
    B: 4,
    I: 6,
    C: 5,
    targets: true,
    sequential: true,
    replicas: [{ seed: 9 }, { seed: 9, testBatch: 2 }, { seed: 9, testBatch: 3 }],
  },
  { N: 65, B: 33, I: 4, C: 1, sequential: true, replicas: [{ seed: 9, testBatch: 1, scale: 3 }] },
];

describe('a batch', () => {
  for (const shape of CASES) {
    const { N, B, I, C, targets = false, sequential = false, replicas } = shape;
    test(title('draw_batch', { R: replicas.length, N, B, I, C, targets, sequential }), async () => {
      const { gpu } = await draw(shape);
      const batches = Math.floor(N / B);
      const expected = replicas.flatMap(({ seed, iteration = 0, testBatch = 0 }) =>
        Array.from({ length: B }, (_, b) => {
          if (sequential) return testBatch * B + b < N ? testBatch * B + b : NO_LABEL;
          return permute((iteration % batches) * B + b, N, orderKey(seed, Math.floor(iteration / batches)));
        }),
      );
      expect([...gpu.label]).toEqual(expected);
    });
  }

  test('draw_batch fills rows without an example with zeros', async () => {
    const { gpu } = await draw({
      N: 10,
      B: 4,
      I: 3,
      C: 2,
      targets: true,
      sequential: true,
      replicas: [{ seed: 1, testBatch: 2 }],
    });
    expect([...gpu.label]).toEqual([8, 9, NO_LABEL, NO_LABEL]);
    expect([...gpu.x.slice(2 * 3)]).toEqual(Array(6).fill(0));
    expect([...gpu.target_rows.slice(2 * 2)]).toEqual(Array(4).fill(0));
  });
});

// N of a power of two, one less, one more, and others: the cycle walk must not leave 0…N-1 nor repeat an example.
describe.each([1, 2, 3, 7, 8, 9, 100, 255, 257])('an epoch of %i examples', (N) => {
  test('draw_batch draws every example once, the same integers as the CPU', async () => {
    const replicas = [
      { seed: 0, iteration: 0 },
      { seed: 0x9e3779b9, iteration: 5 },
      { seed: 0xffffffff, iteration: 0x7fffffff },
    ];
    const { gpu, cpu } = await draw({ N, B: N, I: 1, C: 1, replicas });
    expect([...gpu.label]).toEqual([...cpu.label]);
    const everyone = Array.from({ length: N }, (_, n) => n);
    for (let r = 0; r < 3; r++) {
      const drawn = [...gpu.label.slice(r * N, (r + 1) * N)];
      expect(drawn.sort((a, b) => a - b)).toEqual(everyone);
    }
  });
});

test('draw_batch gives each replica the batch of its own seed and epoch', async () => {
  const { gpu } = await draw({
    N: 100,
    B: 50,
    I: 1,
    C: 1,
    replicas: [{ seed: 1 }, { seed: 2 }, { seed: 1, iteration: 2 }, { seed: 1, iteration: 1 }],
  });
  const batch = (r: number) => [...gpu.label.slice(50 * r, 50 * (r + 1))];
  expect(batch(1)).not.toEqual(batch(0));
  expect(batch(2)).not.toEqual(batch(0));
  // Two batches of one epoch share no example.
  expect(new Set([...batch(0), ...batch(3)]).size).toBe(100);
});

describe('draw_batch decides who takes part', () => {
  // A garbage x stays where nothing is drawn.
  test.each([
    ['training', false, [1, 0, 0, 1]],
    ['an evaluation', true, [0, 1, 0, 1]],
  ] as const)('in %s', async (_, sequential, expected) => {
    const [N, B, I, C, R] = [7, 3, 5, 2, 4];
    const statuses = [
      { iteration: 4 },
      { iteration: 5, evaluate: 1 },
      { iteration: 1, stopped: 3 },
      { iteration: 0, evaluate: 1, present: 1 },
    ];
    const garbage = random(9, R * B * I);
    const { compare, gpu } = await runKernel(engines(), 'draw_batch', {
      constants: { N, B, I, C, TARGETS: 0, SEQUENTIAL: Number(sequential) },
      grid: [2, B, R],
      operands: {
        data: reads(dataLayout(N, I), random(2, N * I)),
        labels: reads(flat(N), new Uint32Array(N)),
        targets: absent,
        hyper: reads(flat(R, HYPER_WORDS), hyperOf(statuses.map(() => ({ seed: 1, input_scale: 1, iterations: 5 })))),
        status: updates(flat(R, STATUS_WORDS), statusOf(statuses)),
        x: updates(matrix(R, B, I), garbage),
        label: updates(records(R, B, 1), new Uint32Array(R * B)),
        target_rows: absent,
      },
    });
    for (const name of ['x', 'status'] as const) compare(name, 0);
    expect(statuses.map((_, r) => gpu.status[r * STATUS_WORDS + STATUS.present])).toEqual(expected);
    const drawn = statuses.map((_, r) => gpu.x.slice(r * B * I, (r + 1) * B * I).some((v, i) => v !== garbage[r * B * I + i]));
    expect(drawn.map(Number)).toEqual(expected);
  });
});
