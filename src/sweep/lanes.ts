/** The lanes of a sweep: one device, or a thread for every core; `auto` takes what a short calibration finds faster. */
import { CpuEngine } from '../engine/cpu/engine.ts';
import type { Engine } from '../engine/engine.ts';
import type { AdapterReport, EngineChoice } from '../engine/report.ts';
import { formatNumber } from '../metrics/format.ts';
import { type Calibration, calibrate } from './calibrate.ts';
import type { CohortRuns, Datasets } from './cohorts.ts';
import { EngineLane, type Lane } from './lane.ts';
import { type Thread, ThreadLane } from './lane-thread.ts';
import { planRecovery } from './recovery.ts';

/** Where a sweep runs: what page and command line do differently. */
export interface Platform {
  /** Opens an engine; `auto` takes a software adapter, too. */
  openEngine(choice: EngineChoice): Promise<Engine>;
  /** A thread that serves a lane. */
  openThread(): Thread;
  readonly cores: number;
}

export interface Lanes {
  readonly lanes: readonly Lane[];
  readonly report: AdapterReport;
  readonly limits: Engine['limits'];
  /** Measures a cohort: undefined where it does not fit as a whole. */
  calibrate(cohort: CohortRuns): Promise<Calibration | undefined>;
  destroy(): void;
}

/**
 * @param largest the cohort with most work, on which `auto` measures
 * @throws NoGpuError when the GPU was asked for by name and there is none
 */
export async function openLanes(
  choice: EngineChoice,
  largest: CohortRuns,
  datasets: Datasets,
  platform: Platform,
): Promise<Lanes> {
  if (choice === 'cpu') return cpuLanes('The CPU engine was asked for.', datasets, platform);
  const engine = await platform.openEngine(choice);
  if (engine.report.engine === 'cpu') return cpuLanes(engine.report.why, datasets, platform);
  if (choice === 'gpu') return gpuLane(engine, engine.report, datasets, platform);
  const [device, cores] = [await measureDevice(engine, largest, datasets), await measureCores(largest, datasets, platform)];
  const [gpuSpeed, cpuSpeed] = [device?.flopPerSecond ?? 0, cores?.flopPerSecond ?? 0];
  const [gpu, cpu] = [gpuSpeed, cpuSpeed].map((speed) => `${formatNumber(speed / 1e9)} GFLOP/s`);
  const why = `A calibration found ${gpu} on WebGPU and ${cpu} on ${platform.cores} cores.`;
  if (gpuSpeed >= cpuSpeed) return gpuLane(engine, { ...engine.report, why }, datasets, platform);
  engine.destroy();
  return cpuLanes(why, datasets, platform);
}

async function measureDevice(engine: Engine, { depths, task }: CohortRuns, datasets: Datasets) {
  return calibrate(engine, depths, await datasets(task));
}

/** One network of the deepest on one core, times the cores; a core trains one of this size at a time. */
async function measureCores({ depths, task }: CohortRuns, datasets: Datasets, { cores }: Platform) {
  const engine = new CpuEngine({ engine: 'cpu', why: 'A measurement.' });
  const measured = await calibrate(engine, depths.slice(0, 1), await datasets(task), 1);
  if (!measured) return undefined;
  const slots = measured.slots.map((request) => ({ ...request, slots: cores }));
  return { ...measured, slots, bytes: cores * measured.bytes, flopPerSecond: cores * measured.flopPerSecond };
}

function gpuLane(engine: Engine, report: AdapterReport, datasets: Datasets, platform: Platform): Lanes {
  const lane = new EngineLane(engine, datasets, {
    plan: planRecovery,
    reopen: (lost) => platform.openEngine(planRecovery(lost, 0).engine),
  });
  return {
    lanes: [lane],
    report,
    limits: engine.limits,
    calibrate: (cohort) => measureDevice(lane.engine, cohort, datasets),
    destroy: () => lane.destroy(),
  };
}

function cpuLanes(why: string, datasets: Datasets, platform: Platform): Lanes {
  const { cores } = platform;
  const report: AdapterReport = { engine: 'cpu', why: `${why} ${cores} ${cores === 1 ? 'core trains' : 'cores train'}.` };
  const lanes = Array.from({ length: cores }, () => new ThreadLane(platform.openThread(), report));
  return {
    lanes,
    report,
    limits: new CpuEngine(report).limits,
    calibrate: (cohort) => measureCores(cohort, datasets, platform),
    destroy: () => {
      for (const lane of lanes) lane.destroy();
    },
  };
}
