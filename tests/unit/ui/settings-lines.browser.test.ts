/** What pictures of charts say of the runs that they show. */
import { afterEach, expect, test } from 'vitest';
import { parseExperiment } from '../../../src/model/experiment.ts';
import type { NablaChart } from '../../../src/ui/chart.ts';
import '../../../src/ui/spectra.ts';
import { initialState } from '../../../src/ui/state.ts';
import { addRecords, runTable } from '../../../src/ui/sweep/map-data.ts';
import { firstView, initialSweepState } from '../../../src/ui/sweep/reducer.ts';
import '../../../src/ui/sweep/run-charts.ts';
import '../../../src/ui/sweep/slices.ts';
import { runLines } from '../../../src/ui/sweep/sweep-lines.ts';
import { syntheticTrace } from '../../support/synthetic.ts';
import { recordOf } from './sweep/records.ts';

const AXES = [{ path: 'optimizer.learningRate', values: [0.001, 0.01] }];
const DOCUMENT = { title: 'Rates', experiment: { model: { kind: 'mlp', depth: 7 } }, axes: [] };
const table = runTable(
  AXES,
  AXES[0].values.map((rate) => ({ id: `run${rate}`, values: [rate] })),
);
addRecords(table, [recordOf('run0.001', 1)]);
const open = { sweepId: 's', document: DOCUMENT, table };

afterEach(() => document.body.replaceChildren());

/** The settings of every chart of an element. */
async function settingsOf(tag: string, properties: object): Promise<readonly (readonly string[])[]> {
  const element = document.createElement(tag) as HTMLElement & { readonly updateComplete: Promise<unknown> };
  Object.assign(element, properties);
  document.body.append(element);
  await element.updateComplete;
  return [...(element.shadowRoot?.querySelectorAll<NablaChart>('nabla-chart') ?? [])].map(({ settings }) => settings());
}

test('a slice says what the sweep is', async () => {
  const sweep = { ...initialSweepState({ experiment: {}, axes: [] }), open, view: firstView(table.axes) };
  const [lines] = await settingsOf('nabla-sweep-slices', { sweep });
  expect(lines).toEqual(['Rates, 2 runs', 'optimizer.learningRate: 1e−3, 0.01', '{"model":{"kind":"mlp","depth":7}}']);
});

test('the curves of a sweep’s run say which it is, and its experiment, or the base where that is not known', async () => {
  const experiment = parseExperiment({ optimizer: { name: 'sgd', learningRate: 0.001 } });
  const settings = () => runLines(open, 'run0.001', experiment);
  const charts = await settingsOf('nabla-sweep-charts', { trace: syntheticTrace({ iterations: 3 }), experiment, settings });
  const head = 'Rates, run run0.001: optimizer.learningRate 1e−3';
  expect(charts).toEqual([1, 2, 3].map(() => [head, expect.stringContaining('optimizer.learningRate=0.001')]));
  expect(runLines(open, 'run0.001', undefined)).toEqual([head, '{"model":{"kind":"mlp","depth":7}}']);
});

test('the spectra say what the Lab’s runs are', async () => {
  const experiment = parseExperiment({ task: { name: 'adding' }, model: { kind: 'recurrent' }, seed: 77 });
  const lab = { ...initialState(), experiments: [experiment], titles: ['Adding'] };
  const [lines] = await settingsOf('nabla-spectra', { lab });
  expect(lines).toEqual([expect.stringMatching(/^A Adding: .*seed=77/)]);
});
