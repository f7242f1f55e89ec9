/** A worker of the page that serves a lane of the CPU engine. */
import { readAssetByFetch } from '../data/read-asset-browser.ts';
import { cachedDatasets } from './datasets.ts';
import { serveLane, type ToLane } from './lane-thread.ts';

const take = serveLane(
  { post: (message, transfer) => self.postMessage(message, { transfer }) },
  cachedDatasets(readAssetByFetch),
);
self.addEventListener('message', ({ data }: MessageEvent<ToLane>) => take(data));
