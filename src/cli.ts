/** The same engine without a browser: `npm run -s cli -- COMMAND`. In a thread of its own it serves a lane of the CPU engine. */
import { workerData } from 'node:worker_threads';
import { serveThread } from './cli/lane-thread.ts';
import { main } from './cli/main.ts';
import { LANE_THREAD } from './cli/sweep-lanes.ts';

if (workerData === LANE_THREAD) serveThread();
else process.exitCode = await main(process.argv.slice(2));
