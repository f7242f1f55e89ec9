/** The lanes of a sweep in Node: one device, or a thread for every core; `auto` takes what a short calibration finds faster. */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { CpuEngine } from '../engine/cpu/engine.ts';
import type { Engine } from '../engine/engine.ts';
import type { AdapterReport, EngineChoice } from '../engine/report.ts';
import { formatNumber } from '../metrics/format.ts';
import { calibrate } from '../sweep/calibrate.ts';
import type { CohortRuns, Datasets } from '../sweep/cohorts.ts';
import { EngineLane, type Lane, type Recovery } from '../sweep/lane.ts';
import { type FromLane, type Thread, ThreadLane } from '../sweep/lane-thread.ts';
import { planRecovery } from '../sweep/recovery.ts';
import { openNodeEngine } from './node-engine.ts';

/** `workerData` of a thread that serves a lane. */
export const LANE_THREAD = 'nablascope lane';

export interface Lanes {
  readonly lanes: readonly Lane[];
  readonly report: AdapterReport;
  /** Of the first lane's memory. */
  readonly limits: Engine['limits'];
}

/**
 * @param largest the cohort with most work, on which `auto` measures
 * @throws NoGpuError when the GPU was asked for by name and there is none
 */
export async function openLanes(choice: EngineChoice, largest: CohortRuns, datasets: Datasets): Promise<Lanes> {
  if (choice === 'cpu') return cpuLanes('The CPU engine was asked for.');
  const engine = await openNodeEngine(choice, 'use');
  if (engine.report.engine === 'cpu') return cpuLanes(engine.report.why);
  if (choice === 'gpu') return gpuLane(engine, datasets);
  const cores = availableParallelism();
  const dataset = await datasets(largest.task);
  const cpu = new CpuEngine({ engine: 'cpu', why: '' });
  const [device, core] = [
    await calibrate(engine, largest.depths, dataset),
    await calibrate(cpu, largest.depths.slice(0, 1), dataset, 1),
  ];
  const [gpuSpeed, cpuSpeed] = [device?.flopPerSecond ?? 0, cores * (core?.flopPerSecond ?? 0)];
  const [gpu, processor] = [gpuSpeed, cpuSpeed].map((speed) => `${formatNumber(speed / 1e9)} GFLOP/s`);
  if (gpuSpeed >= cpuSpeed) return gpuLane(engine, datasets);
  engine.destroy();
  return cpuLanes(`A calibration found ${processor} on ${cores} cores and ${gpu} on WebGPU.`);
}

function gpuLane(engine: Engine, datasets: Datasets): Lanes {
  const recovery: Recovery = {
    plan: planRecovery,
    reopen: async (lost) => openNodeEngine(planRecovery(lost, 0).engine, 'use'),
  };
  return { lanes: [new EngineLane(engine, datasets, recovery)], report: engine.report, limits: engine.limits };
}

function cpuLanes(why: string): Lanes {
  const cores = availableParallelism();
  const report: AdapterReport = { engine: 'cpu', why: `${why} ${cores} ${cores === 1 ? 'core trains' : 'cores train'}.` };
  const lanes = Array.from({ length: cores }, () => new ThreadLane(openThread(), report));
  return { lanes, report, limits: new CpuEngine(report).limits };
}

/** This program once more, as a thread. */
function openThread(): Thread {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: LANE_THREAD });
  let receive: (message: FromLane) => void = () => undefined;
  worker.on('message', (message: FromLane) => receive(message));
  worker.on('error', (error) => receive({ type: 'failed', message: `A thread of the CPU engine has stopped: ${error.message}` }));
  return {
    post: (message) => worker.postMessage(message),
    listen: (listener) => {
      receive = listener;
    },
    terminate: () => {
      worker.terminate();
    },
  };
}
