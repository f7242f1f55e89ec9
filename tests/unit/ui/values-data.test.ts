/** Every chart's values at the crosshair. */
import { expect, test } from 'vitest';
import { parseExperiment } from '../../../src/model/experiment.ts';
import { initialState, type LabState } from '../../../src/ui/state.ts';
import { valuesAt, valuesText } from '../../../src/ui/values-data.ts';
import { syntheticTrace } from '../../support/synthetic.ts';

/** Two runs whose loss is the iteration, times ten in the second, and whose gradients double towards the input. */
const traces = [1, 10].map((scale) =>
  syntheticTrace({
    iterations: 5,
    row: (i) => ({ loss: scale * i }),
    log2Dz: (layer, i) => i - layer,
    tests: [{ iteration: 2, loss: 1, accuracy: 0.25 }],
  }),
);
const experiments = [1, 2].map((seed) => parseExperiment({ model: { kind: 'mlp', depth: 3 }, seed }));
const lab: LabState = { ...initialState(), experiments, titles: ['One', 'Two'], baseline: 0, traces, quantity: 'gradient' };

test('are those of the iteration under the crosshair, else of the latest', () => {
  const { iteration, heads, rows } = valuesAt({ ...lab, hover: 2 });
  const column = (head: string) => rows.map((row) => row[heads.indexOf(head)]);
  expect(iteration).toBe(2);
  expect(column('Loss')).toEqual(['2.00', '20.0']);
  expect(column('Held out')).toEqual(['25.0 %', '25.0 %']);
  // Layers 0, 1 and 3 of four: 2^2, 2^(2 − 1) and 2^(2 − 3).
  expect(rows[0].slice(-3)).toEqual(['4.00', '2.00', '0.500']);
  expect(valuesAt(lab).iteration).toBe(4);
  expect(valuesAt({ ...lab, hover: 1 }).rows[0][heads.indexOf('Held out')]).toBe('–');
});

test('as text are tab-separated, with what the runs are and where they can be seen again', () => {
  const lines = valuesText({ ...lab, hover: 2 }, 'https://example.org/#v=1').split('\n');
  const cells = lines.slice(1, 4).map((line) => line.split('\t'));
  expect(lines[0]).toBe('iteration 2');
  expect(cells.map(([run, loss]) => [run, loss])).toEqual([
    ['run', 'Loss'],
    ['A', '2.00'],
    ['B', '20.0'],
  ]);
  expect(new Set(cells.map(({ length }) => length)).size).toBe(1);
  expect(lines.slice(4)).toEqual(['A One: model.depth=3', 'B Two: Seed 2', 'https://example.org/#v=1']);
});

test('before anything is recorded have no rows', () => {
  expect(valuesAt({ ...lab, traces: undefined })).toMatchObject({ iteration: 0, rows: [] });
});
