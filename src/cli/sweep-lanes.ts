/** Where sweeps run in Node: Dawn's device, or threads that run this program once more. */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { FromLane, Thread } from '../sweep/lane-thread.ts';
import type { Platform } from '../sweep/lanes.ts';
import { openNodeEngine } from './node-engine.ts';

/** `workerData` of a thread that serves a lane. */
export const LANE_THREAD = 'nablascope lane';

export const NODE_PLATFORM: Platform = {
  openEngine: (choice) => openNodeEngine(choice, 'use'),
  openThread,
  cores: availableParallelism(),
};

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
