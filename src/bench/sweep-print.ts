/** The table of `bench sweep`. */
import { digits, table } from './print.ts';
import { AGREEMENT } from './step.ts';
import type { SideResult, SweepReport } from './sweep.ts';
import { SWEEP } from './sweep-workload.ts';

const seconds = (ms: number) => digits(ms / 1000);
const HEAD = ['networks', 'set-up s', 'weights s', 'training s', 'spread', 'evaluation s', 'networks·iterations/s', 'ratio'];

export function sweepText(report: SweepReport): string {
  const { adapter, rounds, cohort, alone, ragged, perDepth, product, tfjs, torch } = report;
  const lines = [
    adapter,
    `${cohort.networks} networks of depth ${SWEEP.depth}, ${SWEEP.iterations} iterations each; medians of ${rounds} rounds in turns; ratios of training times`,
    table([['', ...HEAD], row(cohort, cohort), row(alone, cohort)]),
    ...notes([alone]),
    `the whole sweep as the command trains it${product.lanes > 1 ? ` on ${product.lanes} cores` : ''}, ${product.slots} at a time, all included: ${seconds(product.ms)} s, ${seconds(product.cpuMs)} s of processor time (the first time ${seconds(product.firstMs)} s)`,
  ];
  if (tfjs) {
    lines.push('', `TensorFlow.js ${tfjs.version} WebGPU`, table([['', ...HEAD], row(tfjs.side, cohort)]), ...notes([tfjs.side]));
  }
  if (typeof torch === 'string') lines.push('', torch);
  else if (torch) {
    const rows = torch.ways.map(({ name, ms, minMs }) => [
      name,
      seconds(ms),
      seconds(minMs),
      `${digits(ms / product.ms)}×`,
      `${digits(ms / cohort.trainMs)}×`,
    ]);
    const agrees = torch.difference <= AGREEMENT ? '' : ' TOO FAR';
    lines.push(
      '',
      `PyTorch ${torch.version} on the processor, training alone; the first iteration differs by ${torch.difference.toExponential(1)}${agrees}`,
      table([['', 's', 'min', 'over the whole sweep here', 'over one cohort on one core'], ...rows]),
    );
  }
  const depths = `${ragged.networks} networks of depths 2 to 64, ${ragged.iterations} iterations each`;
  return [...lines, '', depths, table([['', ...HEAD], row(ragged, ragged), row(perDepth, ragged)])].join('\n');
}

function row(side: SideResult, base: SideResult): string[] {
  return [
    side.name,
    String(side.networks),
    seconds(side.setUpMs),
    seconds(side.weightsMs),
    seconds(side.trainMs),
    `${(100 * side.spread).toFixed(0)} %`,
    seconds(side.evaluateMs),
    digits(side.rate),
    `${digits(side.trainMs / base.trainMs)}×`,
  ];
}

function notes(sides: readonly SideResult[]): string[] {
  return sides.flatMap(({ name, measured, networks }) =>
    measured < networks ? [`${name}: ${measured} of the ${networks} measured in each round, times scaled to all`] : [],
  );
}
