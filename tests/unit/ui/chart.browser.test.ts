/** A chart's plot and the series it is given. */
import { afterEach, expect, test, vi } from 'vitest';
import '../../../src/ui/chart.ts';
import type { NablaChart } from '../../../src/ui/chart.ts';
import type { Frame, SeriesStyle } from '../../../src/ui/frame.ts';
import { Plot } from '../../../src/ui/plot.ts';
import { frameShown } from '../../support/next-frame.ts';

function frame(styles: readonly SeriesStyle[]): Frame {
  return {
    styles,
    xs: [0, 1, 2],
    columns: styles.map((_, s) => [s, s + 1, s + 2]),
    marks: [],
    moments: [],
    levels: [
      { y: 1, label: 'chance', color: '--dim' },
      { y: 1.01, label: 'nearly chance', color: '--dim', givesWay: true },
    ],
    xRange: [0, 2],
    yRange: [0, 6],
    xTicks: [{ at: 0, label: '0' }],
    yTicks: [{ at: 0, label: '0' }],
  };
}

const line = (label: string, extra: Partial<SeriesStyle> = {}): SeriesStyle => ({ label, color: '--run-a', width: 1, ...extra });

async function chartWith(first: Frame): Promise<NablaChart> {
  const chart = document.createElement('nabla-chart') as NablaChart;
  chart.style.cssText = 'width: 400px; height: 240px';
  chart.frame = first;
  document.body.append(chart);
  await chart.updateComplete;
  return chart;
}

async function show(chart: NablaChart, next: Frame): Promise<Element | null | undefined> {
  chart.frame = next;
  await chart.updateComplete;
  return chart.shadowRoot?.querySelector('.uplot');
}

afterEach(() => {
  vi.restoreAllMocks();
  document.body.replaceChildren();
});

test('new data keeps the plot, other series replace it, and there is one plot at any time', async () => {
  const chart = await chartWith(frame([line('A')]));
  const first = chart.shadowRoot?.querySelector('.uplot');
  expect(first).toBeTruthy();
  expect(await show(chart, frame([line('A')]))).toBe(first);
  const gates = await show(chart, frame([line('A'), line('B', { dash: [2, 3] })]));
  expect(gates).not.toBe(first);
  // As many series, but drawn in another way.
  const dots = await show(chart, frame([line('A', { dots: true, dotsOnly: true }), line('B')]));
  expect(dots).not.toBe(gates);
  expect(chart.shadowRoot?.querySelectorAll('.uplot')).toHaveLength(1);
});

test('a plot is drawn once a frame: when it is built, and with all that changes before the next', async () => {
  const cleared = vi.spyOn(CanvasRenderingContext2D.prototype, 'clearRect');
  const host = document.createElement('div');
  host.style.cssText = 'width: 400px; height: 240px';
  document.body.append(host);
  const plot = new Plot(host, frame([line('A')]), { hover: () => undefined, zoom: () => undefined, reset: () => undefined });
  const change = (high: number) => {
    host.style.height = `${high}px`;
    plot.resize();
    plot.restyle();
    plot.draw({ ...frame([line('A')]), yRange: [0, high] });
  };
  change(250);
  await Promise.resolve();
  expect(cleared).toHaveBeenCalledTimes(1);
  await frameShown();
  expect(cleared).toHaveBeenCalledTimes(2);
  change(260);
  change(270);
  await Promise.resolve();
  expect(cleared).toHaveBeenCalledTimes(2);
  await frameShown();
  expect(cleared).toHaveBeenCalledTimes(3);
  expect(host.querySelector('canvas')?.getBoundingClientRect().height).toBe(270);
  plot.destroy();
});
