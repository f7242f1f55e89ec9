/** Holds the state, follows it with the worker and the address, and tells the page at most once a frame. */
import { WorkerClient } from '../sweep/client.ts';
import type { FromWorker, ToWorker } from '../sweep/protocol.ts';
import { noticeOf, presentHash, writeHash } from './address.ts';
import { deletionBetween, descriptionBetween } from './history.ts';
import { LabNews, labProgress } from './lab-news.ts';
import { heldAgainst, whenFitting } from './misfit.ts';
import { tellNews, tellProgress } from './presence.ts';
import { commandsFor, reduce } from './reducer.ts';
import { DrawSchedule } from './schedule.ts';
import { type Action, identityOf, initialState, type LabState, type Settings, type ThemeChoice } from './state.ts';
import { keepSession, tabSession } from './tab-session.ts';
import { decodeSettings, encodeSettings } from './url.ts';

const THEME_KEY = 'nablascope.theme';
/** What may ask for more than the device holds, but for edits, whose fields say it, and settings from elsewhere, which say it where they come from. */
const MAY_GROW: ReadonlySet<Action['type']> = new Set(['add run', 'undo', 'redo']);

export class Store {
  #state: LabState;
  #client: WorkerClient;
  readonly #schedule: DrawSchedule;
  readonly #news = new LabNews();
  /** Loads so far. */
  #loads = 0;

  /**
   * @param draw called with the latest state, at most once a frame and never in a hidden tab
   * @param wantsRun whether the runs start by themselves
   */
  constructor(draw: (state: LabState) => void, wantsRun = true) {
    this.#schedule = new DrawSchedule(() => draw(this.#state));
    const { settings, zoom, refused } = decodeSettings(presentHash().lab);
    const theme = (localStorage.getItem(THEME_KEY) ?? 'system') as ThemeChoice;
    this.#state = {
      ...initialState(),
      ...settings,
      ...identityOf(settings.experiments),
      zooms: zoom ? [zoom] : [],
      theme,
      wantsRun,
      notice: noticeOf(refused),
    };
    this.#client = this.#connect();
    for (const command of commandsFor(undefined, this.#state)) this.#send(command);
    window.addEventListener('hashchange', () => this.#readAddress());
  }

  get state(): LabState {
    return this.#state;
  }

  readonly dispatch = (action: Action): void => {
    if (MAY_GROW.has(action.type)) this.#takeFitting(reduce(this.#state, action), () => this.#take(action));
    else this.#take(action);
  };

  #take(action: Action): void {
    const before = this.#state;
    this.#state = reduce(before, action);
    if (action.type === 'restart' && before.failure) this.#reconnect();
    // What the worker says needs no answer: settings that stood at an earlier iteration it has already.
    if (action.type !== 'worker') for (const command of commandsFor(before, this.#state)) this.#send(command);
    if (action.type === 'play' && !before.stored) this.#send({ type: action.command });
    // Runs that were still loading when kept curves took their place.
    if (action.type === 'worker' && action.message.type === 'loaded' && this.#state.stored) this.#send({ type: 'pause' });
    if (action.type === 'speed') this.#send(action);
    if (action.type === 'worker' && action.message.type === 'session') keepSession(action.message.id);
    this.#keep(before, action);
    this.#writeAddress();
    tellProgress('lab', labProgress(this.#state));
    for (const text of this.#news.of(before, this.#state)) tellNews('lab', text);
    if (before.theme !== this.#state.theme) localStorage.setItem(THEME_KEY, this.#state.theme);
    if (this.#state === before) return;
    this.#schedule.request(action.type !== 'worker');
  }

  /** Storage follows the history of deletions, the Sweep view that of its description, and a run that has finished is kept. */
  #keep(before: LabState, action: Action): void {
    const description = descriptionBetween(before.history, this.#state.history);
    if (description !== undefined) window.dispatchEvent(new CustomEvent('sweep-description', { detail: description }));
    const deletion = deletionBetween(before.history, this.#state.history);
    const said = (error: unknown) => {
      const text = error instanceof Error ? error.message : String(error);
      this.dispatch({ type: 'remark', remark: { title: 'The storage of this browser', text } });
    };
    if (deletion) {
      const { deleted, gone } = deletion;
      if (deleted.what === 'sweep') window.dispatchEvent(new CustomEvent('sweep-put-away', { detail: { id: deleted.id, gone } }));
      import('./library/keep.ts').then(({ putAway }) => putAway(deleted, gone)).catch(said);
    }
    const ends = action.type === 'worker' && action.message.type === 'state' && action.message.state === 'finished';
    const finished = this.#state;
    if (ends && before.runState !== 'finished') {
      import('./library/keep.ts').then(({ keepRuns }) => keepRuns(finished, false)).catch(said);
    }
  }

  #send(command: ToWorker): void {
    this.#client.send(command.type === 'load' ? { ...command, session: tabSession(this.#loads++ === 0) } : command);
  }

  /** Keeps what is trained as soon as possible. */
  keep(): void {
    this.#client.send({ type: 'keep' });
  }

  #connect(): WorkerClient {
    return new WorkerClient((message: FromWorker) => this.dispatch({ type: 'worker', message }));
  }

  /** A failed worker may not answer any more; a fresh one does. */
  #reconnect(): void {
    this.#client.terminate();
    this.#client = this.#connect();
    this.#send({ type: 'speed', speed: this.#state.speed });
  }

  #readAddress(): void {
    const hash = presentHash().lab;
    if (hash === encodeSettings(this.#state, this.#state.zooms.at(-1))) return;
    const { settings, zoom, refused } = decodeSettings(hash);
    const take = () => {
      this.dispatch({ type: 'settings', settings, notice: noticeOf(refused) });
      if (zoom) this.dispatch({ type: 'zoom', range: zoom });
    };
    this.#takeFitting(settings, take);
  }

  /** Where they do not fit the device, the runs of before go on, and the address is theirs again. What comes later goes first. */
  #takeFitting({ experiments, engine }: Settings, take: () => void): void {
    const { experiments: present, engine: presentEngine } = this.#state;
    const isOvertaken = () => this.#state.experiments !== present;
    whenFitting(
      experiments,
      // Of another engine nothing is known before it is open.
      engine === presentEngine ? heldAgainst(this.#state) : undefined,
      () => {
        if (!isOvertaken()) take();
      },
      (text) => this.dispatch({ type: 'remark', remark: { title: 'Nothing has changed', text } }),
    );
  }

  /** Runs from elsewhere in place of those that are there, to be trained when a person says so or at once. */
  open(settings: Settings, run: boolean): void {
    this.#takeFitting(settings, () => {
      this.dispatch({ type: 'settings', settings, notice: undefined });
      if (run) this.dispatch({ type: 'play', command: 'start' });
    });
  }

  #writeAddress(): void {
    writeHash({ lab: encodeSettingsOnce(this.#state) });
  }
}

let encoded: { state: LabState; hash: string } | undefined;

/** The address is asked for after every message of the worker; it changes only with these. */
function encodeSettingsOnce(state: LabState): string {
  const last = encoded?.state;
  const same =
    last?.experiments === state.experiments &&
    last.engine === state.engine &&
    last.logIterations === state.logIterations &&
    last.mapRun === state.mapRun &&
    last.baseline === state.baseline &&
    last.hidden === state.hidden &&
    last.quantity === state.quantity &&
    last.looks === state.looks &&
    last.zooms === state.zooms;
  if (!encoded || !same) encoded = { state, hash: encodeSettings(state, state.zooms.at(-1)) };
  return encoded.hash;
}
