/** The page's end of the protocol of the worker that says what plans would need. */
import type { FromEstimateWorker, ToEstimateWorker } from './estimate-protocol.ts';

/** The part of a Worker that is used. */
export type EstimatePort = Pick<Worker, 'postMessage' | 'terminate' | 'addEventListener'>;

function openWorker(): EstimatePort {
  return new Worker(new URL('./estimate-worker.ts', import.meta.url), { type: 'module' });
}

interface Question {
  readonly message: ToEstimateWorker;
  readonly answered: (answer: FromEstimateWorker | undefined) => void;
}

/**
 * Owns the worker, which is loaded with the first question and anew after a crash. At most one question is on its way: while it is
 * unanswered the latest further one waits, and one that is replaced is never asked.
 */
export class EstimateClient {
  readonly #open: () => EstimatePort;
  #worker: EstimatePort | undefined;
  #asked: Question | undefined;
  #next: Question | undefined;

  constructor(open: () => EstimatePort = openWorker) {
    this.#open = open;
  }

  /** @returns undefined when another question has taken its place */
  ask(message: ToEstimateWorker): Promise<FromEstimateWorker | undefined> {
    return new Promise((answered) => {
      this.#next?.answered(undefined);
      this.#next = { message, answered };
      if (!this.#asked) this.#send();
    });
  }

  terminate(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#asked?.answered(undefined);
    this.#next?.answered(undefined);
    this.#asked = undefined;
    this.#next = undefined;
  }

  #send(): void {
    this.#asked = this.#next;
    this.#next = undefined;
    if (!this.#asked) return;
    this.#worker ??= this.#connect();
    this.#worker.postMessage(this.#asked.message);
  }

  #connect(): EstimatePort {
    const worker = this.#open();
    worker.addEventListener('message', (event) => this.#receive((event as MessageEvent<FromEstimateWorker>).data));
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      if (worker !== this.#worker) return;
      worker.terminate();
      this.#worker = undefined;
      const { message } = event as ErrorEvent;
      this.#receive({ type: 'failed', message: message || 'The worker that estimates could not be loaded.' });
    });
    return worker;
  }

  #receive(answer: FromEstimateWorker): void {
    const asked = this.#asked;
    this.#asked = undefined;
    asked?.answered(answer);
    if (!this.#asked) this.#send();
  }
}
