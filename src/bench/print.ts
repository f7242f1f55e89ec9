/** The benchmark's tables. */
import type { DepthCost } from './depth.ts';
import type { ProbeCost } from './probes.ts';
import type { Profile } from './profile.ts';
import type { Growth, RecurrentReport } from './recurrent.ts';
import type { Line } from './statistics.ts';
import { AGREEMENT, type PeerResult, type StepReport, type StepResult } from './step.ts';

type Row = readonly string[];

/** Columns as wide as their widest cell; the first is text, the others are numbers. */
export function table(rows: readonly Row[]): string {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => row[c].length)));
  const cell = (text: string, c: number) => (c === 0 ? text.padEnd(widths[c]) : text.padStart(widths[c]));
  return rows.map((row) => row.map(cell).join('  ').trimEnd()).join('\n');
}

/** Three significant digits. */
export function digits(x: number): string {
  if (x >= 100 || x === 0 || !Number.isFinite(x)) return x.toFixed(0);
  return x.toFixed(Math.max(0, 2 - Math.floor(Math.log10(x))));
}

const percent = (x: number) => `${(100 * x).toFixed(0)} %`;

export function stepTable({ results, peer }: StepReport): string {
  const head = ['depth', 'ms / iteration', 'min', 'spread', 'GFLOP/s', 'dispatches', 'compile ms'];
  const ours = (r: StepResult) => [
    String(r.depth),
    digits(r.iteration.median),
    digits(r.iteration.min),
    percent(r.iteration.spread),
    digits(r.gflops),
    String(r.dispatches),
    digits(r.compileMs),
  ];
  const lines = [table([head, ...results.map(ours)])];
  if (peer)
    lines.push(
      '',
      peer,
      peerTable(
        'depth',
        results.map(({ depth, peer: theirs }) => [depth, theirs] as const),
      ),
    );
  return lines.join('\n');
}

/** @param results by depth or length */
function peerTable(by: string, results: readonly (readonly [number, PeerResult | undefined])[]): string {
  const head = [by, 'ms / iteration', 'min', 'spread', 'compile ms', 'ratio', 'of minima', 'first iteration differs by'];
  const rows = results.flatMap(([n, p]) => {
    if (!p) return [];
    const { iteration, compileMs, ratio, ratioOfMin, difference } = p;
    return [
      [
        String(n),
        digits(iteration.median),
        digits(iteration.min),
        percent(iteration.spread),
        digits(compileMs),
        `${digits(ratio)}×`,
        `${digits(ratioOfMin)}×`,
        `${difference.toExponential(1)}${difference <= AGREEMENT ? '' : ' TOO FAR'}`,
      ],
    ];
  });
  return table([head, ...rows]);
}

export function recurrentTable({ cell, results, fit, peer, peerFit }: RecurrentReport): string {
  const head = ['steps', 'ms / iteration', 'min', 'spread', 'CPU ms', 'µs / step', 'GFLOP/s', 'dispatches', 'MB', 'compile ms'];
  const rows = results.map((r) => [
    String(r.steps),
    digits(r.iteration.median),
    digits(r.iteration.min),
    percent(r.iteration.spread),
    digits(r.cpuMs),
    digits(r.stepUs),
    digits(r.gflops),
    String(r.dispatches),
    digits(r.bytes / 1e6),
    digits(r.compileMs),
  ]);
  const lines = [cell, table([head, ...rows]), ...fitLine(fit)];
  if (peer) {
    const theirs = results.map(({ steps, peer: p }) => [steps, p] as const);
    lines.push('', peer, peerTable('steps', theirs), ...fitLine(peerFit));
  }
  return lines.join('\n');
}

function fitLine(fit: Growth | undefined): string[] {
  if (!fit) return [];
  const lines = [`medians: ${lineText(fit.median)}`];
  return fit.cpu ? [...lines, `processor time: ${lineText(fit.cpu)}`] : lines;
}

function lineText({ slope, intercept, r2 }: Line): string {
  const sign = intercept < 0 ? '−' : '+';
  return `${digits(slope)} ms × steps ${sign} ${digits(Math.abs(intercept))} ms, R² ${r2.toFixed(5)}`;
}

export function profileTable({ name, replicas, iterationMs, iterationCpuMs, kernels }: Profile): string {
  const rows = kernels.map(({ kernel, dispatches, ms, cpuMs, share, gflops, gbytes }) => [
    kernel,
    String(dispatches),
    digits(ms),
    digits(cpuMs),
    percent(share),
    gflops === undefined ? '' : digits(gflops),
    digits(gbytes),
  ]);
  const sum = kernels.reduce((total, { ms }) => total + ms, 0);
  return [
    `${name}${replicas === 1 ? '' : `, ${replicas} networks`}: ${digits(iterationMs)} ms per iteration (${digits(iterationCpuMs)} ms of processor time); the kernels alone sum to ${digits(sum)} ms`,
    table([['kernel', 'dispatches', 'ms', 'CPU ms', 'share', 'GFLOP/s', 'GB/s'], ...rows]),
  ].join('\n');
}

export function probeTable(costs: readonly ProbeCost[]): string {
  const head = ['depth', 'networks', 'ms with', 'ms without', 'ratio', 'of minima', 'ms and histograms', 'ratio', 'of minima'];
  const rows = costs.map(({ depth, replicas, on, off, histograms, ...ratios }) => [
    String(depth),
    String(replicas),
    digits(on.median),
    digits(off.median),
    `${ratios.ratio.toFixed(3)}×`,
    `${ratios.ratioOfMin.toFixed(3)}×`,
    digits(histograms.median),
    `${ratios.histogramRatio.toFixed(3)}×`,
    `${ratios.histogramRatioOfMin.toFixed(3)}×`,
  ]);
  return table([head, ...rows]);
}

export function depthTable(costs: readonly DepthCost[]): string {
  const head = ['depth', 'ms / iteration', 'min', 'spread', 'µs / layer', 'ratio', 'of minima', 'dispatches', 'MB', 'compile ms'];
  const rows = costs.map((c) => [
    String(c.depth),
    digits(c.iteration.median),
    digits(c.iteration.min),
    percent(c.iteration.spread),
    digits(c.layerUs),
    `${digits(c.ratio)}×`,
    `${digits(c.ratioOfMin)}×`,
    String(c.dispatches),
    digits(c.bytes / 1e6),
    digits(c.compileMs),
  ]);
  return table([head, ...rows]);
}
