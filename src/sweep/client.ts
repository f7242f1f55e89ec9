/** The page's end of the worker's protocol. */
import type { FromWorker, ToWorker } from './protocol.ts';

/** What is said about runs that are being trained. */
const OF_RUNS: ReadonlySet<FromWorker['type']> = new Set([
  'metrics',
  'test',
  'retuned',
  'back',
  'no way back',
  'resumed',
  'recovering',
  'recovered',
]);

/**
 * Owns the worker. At most one `load` is on its way: while one is unanswered the latest further one waits, and what the worker
 * still says about the replaced runs is dropped, so a listener never mixes two loads.
 */
export class WorkerClient {
  readonly #worker: Worker;
  readonly #listen: (message: FromWorker) => void;
  #loading = false;
  #next: ToWorker | undefined;

  /** @param listen called for every message, in order; a crash of the worker arrives as `failed` */
  constructor(listen: (message: FromWorker) => void) {
    this.#listen = listen;
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    this.#worker.addEventListener('message', (event: MessageEvent<FromWorker>) => this.#receive(event.data));
    this.#worker.addEventListener('error', (event) => {
      event.preventDefault();
      const where = event.filename ? ` (${event.filename.replace(/^.*\//, '')}, line ${event.lineno})` : '';
      this.#receive({
        type: 'failed',
        message: `The worker that trains has stopped: ${event.message || 'it could not be loaded'}${where}.`,
      });
    });
    this.#worker.addEventListener('messageerror', () => {
      this.#receive({ type: 'failed', message: 'A message of the worker could not be read.' });
    });
  }

  send(message: ToWorker): void {
    if (message.type === 'load') {
      if (this.#loading) {
        this.#next = message;
        return;
      }
      this.#loading = true;
    } else if ((message.type === 'start' || message.type === 'pause') && this.#next?.type === 'load') {
      this.#next = { ...this.#next, run: message.type === 'start' };
    }
    this.#worker.postMessage(message);
  }

  terminate(): void {
    this.#worker.terminate();
  }

  #receive(message: FromWorker): void {
    if (message.type === 'loaded' || message.type === 'failed') {
      this.#loading = false;
      if (this.#next) {
        const next = this.#next;
        this.#next = undefined;
        this.send(next);
        // The answer belongs to a load that has been replaced already.
        return;
      }
    } else if (this.#loading && OF_RUNS.has(message.type)) {
      return;
    }
    this.#listen(message);
  }
}
