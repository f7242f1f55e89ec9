/** Optimizer and clip rules of the CPU engine, and what the tables leave out. */
import { expect, test } from 'vitest';
import { openEngine } from '../../src/engine/open.ts';
import { BETTER, expectRows, LEFT_OUT, LIBRARY_ROWS, PER_TENSOR_ROWS } from './clip-edge.ts';
import { expectTraces, OPTIMIZERS } from './optim-traces.ts';

const engine = await openEngine('cpu', undefined, 'refuse');

test.each(OPTIMIZERS)('%s follows PyTorch’s traces', (optimizer) => expectTraces(engine, optimizer));

test('clipping at the edges is torch’s and TensorFlow’s, or better where their float32 norm fails', () => expectRows(engine));

test('clipping each tensor by its own norm is torch’s of one tensor', () => {
  expect(PER_TENSOR_ROWS.length).toBeGreaterThan(10);
  return expectRows(engine, PER_TENSOR_ROWS);
});

test('each better row is one of the library’s rows', () => {
  const names = LIBRARY_ROWS.map(({ name }) => name);
  expect([...BETTER.keys()].filter((name) => !names.includes(name))).toEqual([]);
});

test('rows that no experiment can ask for are known', () => {
  const reasons: Record<string, number> = {};
  for (const row of LEFT_OUT) {
    const reason = row.slice(row.lastIndexOf(': ') + 2);
    reasons[reason] = (reasons[reason] ?? 0) + 1;
  }
  expect(reasons).toEqual({
    'clips by another norm than L2': 11,
    'not float32': 4,
    'raises an exception instead of clipping': 2,
    'the threshold is not a positive number': 3,
    'there is no gradient': 1,
  });
});
