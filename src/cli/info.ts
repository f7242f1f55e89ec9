/** `info`: the adapter, and which engine `auto` takes. */
import type { AdapterReport } from '../engine/report.ts';
import { ENGINE_CHOICES } from '../engine/report.ts';
import { OPTIONS, readChoice } from './arguments.ts';
import { adapterName } from './engine-line.ts';
import { EXIT, UsageError } from './errors.ts';
import { toJson } from './json.ts';
import type { Command } from './main.ts';
import { findSwiftShader, openNodeEngine } from './node-engine.ts';
import { pairs } from './table.ts';

const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
];

/**
 * `info --json` prints {engine, why, noGpu?, checks?, adapter?: {vendor, architecture, device, description, software, features, limits}, hint?}.
 */
export const info: Command = {
  name: 'info',
  usage: '[--engine auto|gpu|cpu] [--json]',
  summary: 'Shows the WebGPU adapter and the engine that auto takes, and why.',
  options: { engine: OPTIONS.engine, json: OPTIONS.json },
  async run(args) {
    if (args.positionals.length > 0) throw new UsageError(`info takes no arguments, but "${args.positionals[0]}" was given.`);
    const engine = await openNodeEngine(readChoice('info', args, 'engine', ENGINE_CHOICES, 'auto'));
    const { report } = engine;
    engine.destroy();
    const hint = hintOf(report);
    process.stdout.write(args.flag('json') ? toJson({ ...report, ...(hint ? { hint } : {}) }) : describe(report, hint));
    return EXIT.done;
  },
};

function describe(report: AdapterReport, hint: string | undefined): string {
  const { adapter, engine, why } = report;
  const rows: [string, string][] = [
    ['engine', engine === 'gpu' ? 'WebGPU' : 'CPU'],
    ['why', why],
  ];
  if (adapter) {
    rows.push(['adapter', adapterName(adapter)]);
    rows.push(['vendor', [adapter.vendor, adapter.architecture].filter(Boolean).join(' ')]);
    rows.push(['features', adapter.features.join(', ')]);
    for (const name of LIMITS) rows.push([name, adapter.limits[name].toLocaleString('en')]);
  }
  if (hint) rows.push(['hint', hint]);
  return pairs(rows);
}

function hintOf({ adapter, noGpu }: AdapterReport): string | undefined {
  if (noGpu === 'not asked for' || (adapter && !adapter.software)) return undefined;
  const drivers = 'A hardware GPU needs its Vulkan driver (Linux), Metal (macOS) or D3D12 (Windows).';
  if (adapter) return `${drivers} --engine gpu uses the software adapter, for checks rather than for speed.`;
  const software = findSwiftShader();
  return software
    ? `${drivers} --engine gpu uses Chromium's SwiftShader (${software.icd}), for checks rather than for speed.`
    : `${drivers} An installed Chrome or Chromium would give --engine gpu a software adapter.`;
}
