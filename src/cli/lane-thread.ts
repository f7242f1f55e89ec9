/** A thread of Node that serves a lane. */
import { parentPort } from 'node:worker_threads';
import { cachedDatasets } from '../sweep/datasets.ts';
import { serveLane } from '../sweep/lane-thread.ts';
import { readAsset } from './files.ts';

export function serveThread(): void {
  const port = parentPort;
  if (!port) throw new Error('a lane needs a thread of its own');
  const take = serveLane({ post: (message, transfer) => port.postMessage(message, transfer) }, cachedDatasets(readAsset));
  port.on('message', take);
}
