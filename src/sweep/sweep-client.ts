/** The page's end of the protocol of the worker that runs sweeps. */
import type { FromSweepWorker, ToSweepWorker } from './sweep-protocol.ts';

/** The part of a Worker that is used. */
export type Port = Pick<Worker, 'postMessage' | 'terminate' | 'addEventListener'>;

function openWorker(): Port {
  return new Worker(new URL('./sweep-worker.ts', import.meta.url), { type: 'module' });
}

/**
 * Owns the worker, which is loaded with the first message; after a crash the next message loads a fresh one. At most one check
 * (`estimate`, `calibrate`) is on its way: while one is unanswered the latest further one waits, and the answer to a check that
 * has been replaced is dropped, so that a listener never sees the cost of another sweep than the one it asked for last.
 */
export class SweepClient {
  readonly #listen: (message: FromSweepWorker) => void;
  readonly #open: () => Port;
  #worker: Port | undefined;
  #checking = false;
  #next: ToSweepWorker | undefined;

  /** @param listen called for every message, in order; a crash of the worker arrives as `failed` */
  constructor(listen: (message: FromSweepWorker) => void, open: () => Port = openWorker) {
    this.#listen = listen;
    this.#open = open;
  }

  send(message: ToSweepWorker): void {
    if (message.type === 'estimate' || message.type === 'calibrate') {
      if (this.#checking) {
        this.#next = message;
        return;
      }
      this.#checking = true;
    }
    this.#worker ??= this.#connect();
    this.#worker.postMessage(message);
  }

  terminate(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#checking = false;
    this.#next = undefined;
  }

  #connect(): Port {
    const worker = this.#open();
    worker.addEventListener('message', (event) => {
      if (worker === this.#worker) this.#receive((event as MessageEvent<FromSweepWorker>).data);
    });
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      if (worker !== this.#worker) return;
      this.terminate();
      const { message, filename, lineno } = event as ErrorEvent;
      const where = filename ? ` (${filename.replace(/^.*\//, '')}, line ${lineno})` : '';
      this.#listen({
        type: 'failed',
        message: `The worker that runs sweeps has stopped: ${message || 'it could not be loaded'}${where}. Finished runs are kept; start again to go on.`,
      });
    });
    worker.addEventListener('messageerror', () => {
      this.#listen({ type: 'failed', message: 'A message of the worker that runs sweeps could not be read.' });
    });
    return worker;
  }

  #receive(message: FromSweepWorker): void {
    if (this.#checking && (message.type === 'estimated' || message.type === 'refused' || message.type === 'failed')) {
      this.#checking = false;
      const next = this.#next;
      this.#next = undefined;
      if (next) this.send(next);
      if (next && message.type !== 'failed') return;
    }
    this.#listen(message);
  }
}
