import { expect, test } from 'vitest';
import { trainScenario } from '../support/train-scenario.ts';

test('an 8-layer ReLU network reaches 95 % on MNIST’s test pictures from 10,000 training pictures', {
  timeout: 600_000,
}, async () => {
  // Control: after 300 iterations it is not there yet.
  expect((await trainScenario('mnist-relu-8', 300)).test.accuracy[0]).toBeLessThan(0.95);
  expect((await trainScenario('mnist-relu-8', 1600)).test.accuracy[0]).toBeGreaterThanOrEqual(0.95);
});
