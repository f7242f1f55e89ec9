/** The curves of one run of a sweep. */
import { afterEach, expect, test } from 'vitest';
import { parseExperiment } from '../../../../src/model/experiment.ts';
import type { NablaChart } from '../../../../src/ui/chart.ts';
import { emit } from '../../../../src/ui/events.ts';
import '../../../../src/ui/sweep/run-charts.ts';
import type { SweepCharts } from '../../../../src/ui/sweep/run-charts.ts';
import { syntheticTrace } from '../../../support/synthetic.ts';

afterEach(() => document.body.replaceChildren());

async function show(): Promise<{ element: SweepCharts; charts: readonly NablaChart[] }> {
  const element = document.createElement('nabla-sweep-charts') as SweepCharts;
  element.style.cssText = 'width: 900px; height: 260px';
  Object.assign(element, { trace: syntheticTrace({ iterations: 1000 }), experiment: parseExperiment({}) });
  document.body.append(element);
  await element.updateComplete;
  const charts = [...element.renderRoot.querySelectorAll<NablaChart>('nabla-chart')];
  await Promise.all(charts.map((chart) => chart.updateComplete));
  return { element, charts };
}

test('a gesture zooms on and on in both charts, and Backspace takes back all of it', async () => {
  const { element, charts } = await show();
  const inView = async () => {
    await element.updateComplete;
    return charts.slice(0, 2).map(({ frame }) => frame?.xRange.map((x) => Math.round(10 ** x - 1)));
  };
  const positions = (from: number, to: number) => [Math.log10(1.5 + from), Math.log10(0.5 + to)] as const;
  const before = await inView();
  emit(charts[0], 'chart-zoom', positions(100, 900));
  emit(charts[0], 'chart-view', positions(200, 800));
  emit(charts[0], 'chart-view', positions(300, 700));
  expect(await inView()).toEqual([
    [300, 700],
    [300, 700],
  ]);
  charts[0].renderRoot.querySelector('.plot')?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Backspace' }));
  expect(await inView()).toEqual(before);
});
