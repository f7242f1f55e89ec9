/** Lanes in threads of their own: the two ends of their protocol, for workers of the page and of Node alike. */
import { CpuEngine } from '../engine/cpu/engine.ts';
import type { AdapterReport } from '../engine/report.ts';
import type { Datasets } from './cohorts.ts';
import { EngineLane, type Job, type Lane, type LaneListener } from './lane.ts';
import type { RunRecord } from './record.ts';

export type ToLane = { readonly type: 'train'; readonly job: Job } | { readonly type: 'stop' | 'pause' | 'resume' };

export type FromLane =
  | { readonly type: 'finished'; readonly record: RunRecord; readonly trace: Uint8Array }
  | { readonly type: 'advanced'; readonly iterations: number; readonly flop: number }
  | { readonly type: 'training'; readonly count: number }
  | { readonly type: 'done'; readonly left: readonly string[] }
  | { readonly type: 'failed'; readonly message: string };

/** A thread as its owner sees it. */
export interface Thread {
  post(message: ToLane): void;
  listen(receive: (message: FromLane) => void): void;
  terminate(): void;
}

/** A thread's own end. */
export interface ThreadPort {
  post(message: FromLane, transfer: ArrayBuffer[]): void;
}

/** Trains in another thread. */
export class ThreadLane implements Lane {
  #listener: LaneListener | undefined;
  #settle: { resolve(left: readonly string[]): void; reject(error: Error): void } | undefined;

  constructor(
    readonly thread: Thread,
    readonly report: AdapterReport,
  ) {
    thread.listen((message) => this.#receive(message));
  }

  train(job: Job, listener: LaneListener): Promise<readonly string[]> {
    this.#listener = listener;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.thread.post({ type: 'train', job });
    });
  }

  stop(): void {
    this.thread.post({ type: 'stop' });
  }

  pause(): void {
    this.thread.post({ type: 'pause' });
  }

  resume(): void {
    this.thread.post({ type: 'resume' });
  }

  destroy(): void {
    this.thread.terminate();
  }

  #receive(message: FromLane): void {
    switch (message.type) {
      case 'finished':
        this.#listener?.finished(message.record, message.trace);
        break;
      case 'advanced':
        this.#listener?.advanced(message.iterations, message.flop);
        break;
      case 'training':
        this.#listener?.training(message.count);
        break;
      case 'done':
        this.#settle?.resolve(message.left);
        break;
      case 'failed':
        this.#settle?.reject(new Error(message.message));
        break;
    }
  }
}

/** Milliseconds between two reports of progress. */
const REPORT_MS = 100;

/** The thread's side: trains what it is told on a CPU engine of its own. Returns what takes a message. */
export function serveLane(port: ThreadPort, datasets: Datasets): (message: ToLane) => void {
  const lane = new EngineLane(new CpuEngine({ engine: 'cpu', why: 'A lane of the CPU engine.' }), datasets);
  let [iterations, flop, last] = [0, 0, 0];
  const report = () => {
    port.post({ type: 'advanced', iterations, flop }, []);
    [iterations, flop, last] = [0, 0, performance.now()];
  };
  const listener: LaneListener = {
    finished: (record, trace) => port.post({ type: 'finished', record, trace }, [trace.buffer as ArrayBuffer]),
    advanced: (moreIterations, moreFlop) => {
      iterations += moreIterations;
      flop += moreFlop;
      if (performance.now() - last > REPORT_MS) report();
    },
    training: (count) => port.post({ type: 'training', count }, []),
    recovering: () => undefined,
    recovered: () => undefined,
  };
  return (message) => {
    switch (message.type) {
      case 'train':
        lane.train(message.job, listener).then(
          (left) => {
            report();
            port.post({ type: 'done', left }, []);
          },
          (error: unknown) => port.post({ type: 'failed', message: error instanceof Error ? error.message : String(error) }, []),
        );
        break;
      case 'stop':
        lane.stop();
        break;
      case 'pause':
        lane.pause();
        break;
      case 'resume':
        lane.resume();
        break;
    }
  };
}
