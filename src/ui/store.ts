/** Holds the state, follows it with the worker and the address, and tells the page at most once a frame. */
import { WorkerClient } from '../sweep/client.ts';
import type { FromWorker } from '../sweep/protocol.ts';
import { commandsFor, reduce } from './reducer.ts';
import { type Action, identityOf, initialState, type LabState, type ThemeChoice } from './state.ts';
import { decodeSettings, encodeSettings } from './url.ts';

const THEME_KEY = 'nablascope.theme';
/** Drawing may take this share of the page's time; the rest is left to input and, on few cores, to the worker. */
const DRAWING_SHARE = 0.25;

export class Store {
  #state: LabState;
  #client: WorkerClient;
  #draw: (state: LabState) => void;
  #frame = 0;
  #earliest = 0;

  /** @param draw called with the latest state, at most once a frame and never in a hidden tab */
  constructor(draw: (state: LabState) => void) {
    this.#draw = draw;
    const { settings, refused } = decodeSettings(location.hash.slice(1));
    const theme = (localStorage.getItem(THEME_KEY) ?? 'system') as ThemeChoice;
    this.#state = { ...initialState(), ...settings, ...identityOf(settings.experiments), theme, notice: noticeOf(refused) };
    this.#client = this.#connect();
    for (const command of commandsFor(undefined, this.#state)) this.#client.send(command);
    window.addEventListener('hashchange', () => this.#readAddress());
  }

  get state(): LabState {
    return this.#state;
  }

  readonly dispatch = (action: Action): void => {
    const before = this.#state;
    this.#state = reduce(before, action);
    if (action.type === 'restart' && before.failure) this.#reconnect();
    for (const command of commandsFor(before, this.#state)) this.#client.send(command);
    if (action.type === 'play') this.#client.send({ type: action.command });
    this.#writeAddress();
    if (before.theme !== this.#state.theme) localStorage.setItem(THEME_KEY, this.#state.theme);
    if (this.#state === before) return;
    // What a person does shows in the next frame, however long the last drawing took.
    if (action.type !== 'worker') this.#earliest = 0;
    this.#schedule();
  };

  #connect(): WorkerClient {
    return new WorkerClient((message: FromWorker) => this.dispatch({ type: 'worker', message }));
  }

  /** A failed worker may not answer any more; a fresh one does. */
  #reconnect(): void {
    this.#client.terminate();
    this.#client = this.#connect();
  }

  #schedule(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame((now) => {
      this.#frame = 0;
      if (now < this.#earliest) {
        this.#schedule();
        return;
      }
      const start = performance.now();
      this.#draw(this.#state);
      // Elements update in microtasks: what they took is known once those have run.
      setTimeout(() => {
        const took = performance.now() - start;
        this.#earliest = start + took / DRAWING_SHARE;
      });
    });
  }

  #readAddress(): void {
    const hash = location.hash.slice(1);
    if (hash === encodeSettings(this.#state)) return;
    const { settings, refused } = decodeSettings(hash);
    this.dispatch({ type: 'settings', settings, notice: noticeOf(refused) });
  }

  #writeAddress(): void {
    const hash = encodeSettingsOnce(this.#state);
    if (hash !== location.hash.slice(1))
      history.replaceState(null, '', hash === '' ? location.pathname + location.search : `#${hash}`);
  }
}

let encoded: { state: LabState; hash: string } | undefined;

/** The address is asked for after every message of the worker; it changes only with these four. */
function encodeSettingsOnce(state: LabState): string {
  const last = encoded?.state;
  const same =
    last?.experiments === state.experiments &&
    last.engine === state.engine &&
    last.logIterations === state.logIterations &&
    last.mapRun === state.mapRun;
  if (!encoded || !same) encoded = { state, hash: encodeSettings(state) };
  return encoded.hash;
}

function noticeOf(refused: readonly string[]): string | undefined {
  return refused.length > 0 ? refused.join('\n') : undefined;
}
