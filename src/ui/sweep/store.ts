/** Holds the view's state, follows it with the worker, the address and the tab's title, and draws at most once a frame. */
import type { EngineChoice } from '../../engine/report.ts';
import { formatCount } from '../../metrics/format.ts';
import { decodeTrace } from '../../metrics/trace-codec.ts';
import { DataError } from '../../model/errors.ts';
import { SweepClient } from '../../sweep/sweep-client.ts';
import type { FromSweepWorker } from '../../sweep/sweep-protocol.ts';
import { presentHash, writeHash } from '../address.ts';
import type { Described } from '../history.ts';
import { tellNews, tellProgress } from '../presence.ts';
import { DrawSchedule } from '../schedule.ts';
import { editText } from './edit-text.ts';
import { FIRST_EXAMPLE } from './examples.ts';
import { readLink, writeLink } from './link.ts';
import { sweepNews } from './news.ts';
import { continuation, initialSweepState, reduceSweep, sweepCommands } from './reducer.ts';
import { isWorking, type SweepAction, type SweepViewState } from './state.ts';

/** An edit is checked when no other has followed for this long. */
const CHECK_AFTER_MS = 300;
/** Browsers allow few changes of the address a second: a brush that is dragged is written when it rests. */
const WRITE_AFTER_MS = 200;

export class SweepStore {
  #state: SweepViewState;
  readonly #client = new SweepClient((message) => this.#receive(message));
  readonly #schedule: DrawSchedule;
  readonly #engine: () => EngineChoice;
  readonly #described: (described: Described, text: string) => void;
  #check = 0;
  #write = 0;
  /** Whether the address has all of the description. */
  #isWhole = true;

  /**
   * @param draw called with the latest state, at most once a frame
   * @param engine the engine that a person has chosen
   * @param described called with an edit of the description and what it is called
   */
  constructor(
    draw: (state: SweepViewState) => void,
    engine: () => EngineChoice,
    described: (described: Described, text: string) => void,
  ) {
    this.#schedule = new DrawSchedule(() => draw(this.#state));
    this.#engine = engine;
    this.#described = described;
    const sweepId = new URLSearchParams(location.search).get('sweep') ?? undefined;
    this.#state = initialSweepState(FIRST_EXAMPLE, readLink(presentHash().sweep, sweepId));
    this.#client.send({ type: 'list' });
    if (sweepId) this.dispatch({ type: 'open', sweepId, byLink: true });
    else this.#client.send({ type: 'estimate', sweep: this.#state.document });
    window.addEventListener('hashchange', () => this.#readAddress());
    window.addEventListener('pagehide', () => this.writeAddress());
  }

  get state(): SweepViewState {
    return this.#state;
  }

  readonly dispatch = (action: SweepAction): void => {
    const before = this.#state;
    this.#state = reduceSweep(before, action);
    for (const command of sweepCommands(before, action)) this.#client.send(command);
    const { open, run } = this.#state;
    // A link leads to a run.
    if (open && run && run !== before.run && run.trace === 'loading' && action.type !== 'run')
      this.#client.send({ type: 'trace', sweepId: open.sweepId, id: run.id });
    if (this.#state === before) return;
    if (this.#state.document !== before.document) this.#checkSoon();
    this.#tellEdit(before, action);
    if (this.#state.open !== before.open) this.writeAddress();
    else if (isLinkedTo(before, this.#state)) this.#writeSoon();
    tellProgress('sweep', { title: titleOf(this.#state), isTraining: this.#state.work === 'running' });
    for (const text of sweepNews(before, this.#state)) tellNews('sweep', text);
    this.#schedule.request(action.type !== 'worker');
  };

  /** What a link brings is where the page begins, and what the history asks for is in it already. */
  #tellEdit(before: SweepViewState, action: SweepAction): void {
    const after = this.#state;
    if (after.text === before.text || action.type === 'description' || before.asked === 'open by link') return;
    const isTyped = action.type === 'text' && action.isTyped === true;
    this.#described({ before: before.text, after: after.text, isTyped }, editText(before, after, action));
  }

  #receive(message: FromSweepWorker): void {
    const { asked } = this.#state;
    const start = continuation(this.#state, message, this.#engine());
    this.dispatch({ type: 'worker', message });
    if (start) this.#client.send(start);
    // A sweep that cannot be opened leaves the description that stood there before.
    if (message.type === 'failed' && asked?.startsWith('open')) this.#checkSoon();
    if (message.type === 'trace') this.#readTrace(message.id, message.trace);
    if (message.type === 'state' && (message.state === 'finished' || message.state === 'cancelled')) {
      // What is finished has changed, in the list of sweeps and in the count before a start.
      this.#client.send({ type: 'list' });
      this.#checkSoon();
    }
  }

  #readTrace(id: string, bytes: Uint8Array | undefined): void {
    try {
      this.dispatch({ type: 'trace', id, trace: bytes ? decodeTrace(bytes) : 'none' });
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      this.dispatch({ type: 'trace', id, trace: 'none' });
      const message = `The curves of run ${id} cannot be read: ${error.message}.`;
      this.dispatch({ type: 'worker', message: { type: 'failed', message } });
    }
  }

  #checkSoon(): void {
    clearTimeout(this.#check);
    this.#check = window.setTimeout(() => this.#client.send({ type: 'estimate', sweep: this.#state.document }), CHECK_AFTER_MS);
  }

  #writeSoon(): void {
    clearTimeout(this.#write);
    this.#write = window.setTimeout(() => this.writeAddress(), WRITE_AFTER_MS);
  }

  /** The open sweep stands in the query, what is described and looked at in the hash. */
  writeAddress(): void {
    clearTimeout(this.#write);
    const words = new URLSearchParams(location.search);
    const id = this.#state.open?.sweepId ?? this.#state.linked?.sweepId;
    if (id === undefined) words.delete('sweep');
    else words.set('sweep', id);
    const search = words.size > 0 ? `?${words}` : '';
    if (search !== location.search) history.replaceState(history.state, '', `${location.pathname}${search}${location.hash}`);
    const { hash, isWhole } = writeLink(this.#state);
    writeHash({ sweep: hash });
    if (this.#isWhole && !isWhole) this.dispatch({ type: 'notice', text: TOO_LONG });
    this.#isWhole = isWhole;
  }

  /** A link that is followed within the page; one that says nothing of sweeps leaves them as they are. */
  #readAddress(): void {
    const { sweep } = presentHash();
    if (sweep === '' || sweep === writeLink(this.#state).hash) return;
    this.dispatch({ type: 'link', link: readLink(sweep, this.#state.open?.sweepId) });
  }
}

const TOO_LONG = 'This description is too long for a link: the address leaves it out. Save it as a file to pass it on.';

/** Whether anything has changed that the address holds. */
function isLinkedTo(before: SweepViewState, after: SweepViewState): boolean {
  return LINKED.some((key) => before[key] !== after[key]);
}
const LINKED = [
  'text',
  'mode',
  'pane',
  'view',
  'list',
  'selection',
  'columns',
  'quantity',
  'lower',
  'run',
  'linked',
] as const satisfies readonly (keyof SweepViewState)[];

/** `42 % · 3,412 / 8,118` while runs are trained. */
function titleOf({ work, progress }: SweepViewState): string | undefined {
  if (!isWorking(work) || !progress) return undefined;
  const share = Math.floor((100 * progress.finished) / Math.max(1, progress.runs));
  const sign = work === 'running' ? '' : work === 'paused' ? '❚❚ ' : '… ';
  return `${sign}${share} % · ${formatCount(progress.finished)} / ${formatCount(progress.runs)}`;
}
