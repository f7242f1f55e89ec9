/** The page: three columns on a desk, charts first and controls in a drawer on a phone. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import './controls.ts';
import type { DialogName } from './dialogs.ts';
import type { NablaEvent } from './events.ts';
import type { Incoming } from './import/files.ts';
import { listenForImports } from './import/listen.ts';
import './insight.ts';
import { usualQuantity } from './layer-quantity.ts';
import './messages.ts';
import './play-bar.ts';
import { Presence } from './presence.ts';
import './remarks.ts';
import './run-strip.ts';
import './stage.ts';
import type { Experiment } from '../model/schema.ts';
import { actOnKey } from './shortcuts.ts';
import { areSingleKeysOn } from './single-keys.ts';
import type { LabState } from './state.ts';
import { Store } from './store.ts';
import { shared } from './styles.ts';
import './top-bar.ts';
import './view-bar.ts';
import type { View } from './views.ts';
import { addressOf, viewOf } from './views.ts';

/** Runs to train in the Lab, at once or when a person says so. */
interface LabRequest {
  readonly experiments: readonly Experiment[];
  readonly run: boolean;
}

const NARROW = '(max-width: 760px)';

@customElement('nabla-app')
export class App extends LitElement {
  @state() private view: View = viewOf(location.search);
  // Whoever comes for a sweep does not want the Lab to train beside it.
  readonly #store = new Store((next) => {
    this.lab = next;
  }, this.view === 'lab');
  @state() private lab: LabState = this.#store.state;
  readonly #presence = new Presence({
    keep: () => this.#store.keep(),
    remark: (remark) => this.#store.dispatch({ type: 'remark', remark }),
  });
  /** Once the Sweep view has been shown it stays: what it trains goes on behind the Lab. */
  @state() private sweeps: 'no' | 'loading' | 'yes' | 'failed' = 'no';
  /** What was dropped or pasted, and waits for a word. */
  @state() private incoming: Incoming | undefined;
  /** A sweep that was taken over, for the Sweep view's form. */
  @state() private described: Readonly<Record<string, unknown>> | undefined;
  /** A stored sweep that was asked for, for the Sweep view. */
  @state() private opened: { readonly sweepId: string } | undefined;
  @state() private dialog: DialogName | undefined;
  /** Once one was opened. */
  @state() private dialogs = false;
  @state() private narrow = matchMedia(NARROW).matches;
  @state() private drawer = false;
  @state() private dark = matchMedia('(prefers-color-scheme: dark)').matches;

  static override styles = [
    shared,
    css`
      :host { display: grid; grid-template-rows: auto minmax(0, 1fr); height: 100dvh; }
      main { display: grid; grid-template-columns: 272px minmax(0, 1fr) 312px; min-height: 0; }
      aside { background: var(--panel); overflow: auto; padding: 12px 14px 20px; min-height: 0; }
      .left { border-right: 1px solid var(--line); } .right { border-left: 1px solid var(--line); }
      .middle { display: flex; flex-direction: column; gap: 10px; padding: 10px; min-height: 0; min-width: 0; overflow: auto; }
      nabla-run-strip, nabla-view-bar { flex: none; }
      nabla-stage { flex: 1 0 540px; }
      .foot { display: none; }
      .loading { padding: 40px 14px; color: var(--dim); text-align: center; }
      @media (max-width: 1180px) { main { grid-template-columns: 260px minmax(0, 1fr); overflow: auto; } .left { position: sticky; top: 0; grid-row: span 2; max-height: calc(100dvh - 46px); } .middle { overflow: visible; } .right { border: 0; border-top: 1px solid var(--line); grid-column: 2; overflow: visible; } nabla-stage { min-height: 640px; } }
      @media (max-width: 760px) {
        :host { display: block; height: auto; padding-bottom: 92px; }
        main { display: block; }
        .middle { gap: 8px; padding: 8px; }
        nabla-stage { flex: none; }
        .right { border-top: 1px solid var(--line); }
        nabla-stage { min-height: 0; }
        .foot { display: block; position: fixed; inset: auto 0 0; z-index: 5; background: var(--panel); border-top: 1px solid var(--line); padding: 8px 10px calc(8px + env(safe-area-inset-bottom)); }
        .settings { min-height: 40px; }
        wa-drawer { --size: min(340px, 92vw); }
        wa-drawer:not(:defined) { display: none; }
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    matchMedia(NARROW).addEventListener('change', ({ matches }) => {
      this.narrow = matches;
    });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', ({ matches }) => {
      this.dark = matches;
    });
    window.addEventListener('keydown', this.#key);
    window.addEventListener('popstate', () => this.#show(viewOf(location.search)));
    listenForImports(window, (incoming) => this.#offer(incoming));
    this.addEventListener('import', (event) => this.#offer((event as CustomEvent<Incoming>).detail));
    this.addEventListener('open-in-sweep', (event) => {
      this.described = (event as CustomEvent<Readonly<Record<string, unknown>>>).detail;
      this.#go('sweep');
    });
    this.addEventListener('open-stored-sweep', (event) => {
      this.opened = { sweepId: (event as CustomEvent<string>).detail };
      this.dialog = undefined;
      this.#go('sweep');
    });
    this.addEventListener('skip', this.#skip);
    this.addEventListener('go', (event) => this.#go((event as CustomEvent<View>).detail));
    this.addEventListener('sweep-trains', () => this.#store.dispatch({ type: 'play', command: 'pause' }));
    this.addEventListener('open-in-lab', (event) => this.#openInLab((event as CustomEvent<LabRequest>).detail));
    this.#show(this.view);
    this.addEventListener('action', (event) => this.#store.dispatch((event as NablaEvent<'action'>).detail));
    this.addEventListener('open-dialog', (event) => this.#openDialog((event as CustomEvent<DialogName | undefined>).detail));
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('narrow') && this.narrow) this.#loadDrawer();
    const { theme } = this.lab;
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }

  override render(): TemplateResult {
    const { lab } = this;
    const theme = lab.theme === 'system' ? (this.dark ? 'dark' : 'light') : lab.theme;
    return html`
      <nabla-top-bar .lab=${lab} .narrow=${this.narrow} .view=${this.view} role="banner"></nabla-top-bar>
      ${this.view === 'lab' ? this.#lab(theme) : this.sweeps === 'yes' ? '' : html`<p class="loading" role="status">${this.sweeps === 'failed' ? 'The Sweep view could not be loaded. Check the connection and reload the page.' : 'Loading.'}</p>`}
      ${this.sweeps === 'yes' ? html`<nabla-sweep role="main" ?active=${this.view === 'sweep'} .described=${this.described} .opened=${this.opened} .lab=${lab} .theme=${theme}></nabla-sweep>` : ''}
      ${this.dialogs ? html`<nabla-dialogs .lab=${lab} .presence=${this.#presence} .open=${this.dialog} .view=${this.view} .incoming=${this.incoming} .sweep=${this.dialog === 'import' ? this.#described() : undefined}></nabla-dialogs>` : ''}`;
  }

  /** Only a phone has a drawer. */
  #loadDrawer(): void {
    import('@awesome.me/webawesome/dist/components/drawer/drawer.js').catch(() => {
      this.#store.dispatch({
        type: 'remark',
        remark: { title: 'Settings', text: 'Their drawer could not be loaded. Check the connection and reload the page.' },
      });
    });
  }

  #lab(theme: string): TemplateResult {
    const { lab } = this;
    return html`<main data-sheet="Lab">
        ${this.narrow ? '' : html`<aside class="left" aria-label="Settings"><nabla-controls .lab=${lab}></nabla-controls></aside>`}
        <div class="middle" tabindex="-1">
          <nabla-messages .lab=${lab}></nabla-messages>
          <nabla-remarks .lab=${lab}></nabla-remarks>
          <nabla-run-strip .lab=${lab}></nabla-run-strip>
          <nabla-view-bar .lab=${lab}></nabla-view-bar>
          <nabla-stage .lab=${lab} .theme=${theme}></nabla-stage>
        </div>
        <aside class="right" aria-label="Findings" tabindex="0"><nabla-insight .lab=${lab} .theme=${theme}></nabla-insight></aside>
      </main>
      ${
        this.narrow
          ? html`<div class="foot" role="region" aria-label="Play bar"><nabla-play-bar .lab=${lab}><button class="settings" @click=${this.#openDrawer}>Settings</button></nabla-play-bar></div>
            <wa-drawer label="Settings" placement="end" light-dismiss ?open=${this.drawer} @wa-after-hide=${this.#closeDrawer}>
              <nabla-controls .lab=${lab}></nabla-controls>
            </wa-drawer>`
          : ''
      }`;
  }

  #go(view: View): void {
    if (view === this.view) return;
    history.pushState(null, '', addressOf(view));
    this.#show(view);
  }

  #show(view: View): void {
    this.view = view;
    if (view !== 'sweep' || this.sweeps === 'loading' || this.sweeps === 'yes') return;
    this.sweeps = 'loading';
    import('./sweep/sweep-view.ts').then(
      () => {
        this.sweeps = 'yes';
      },
      () => {
        this.sweeps = 'failed';
      },
    );
  }

  #openInLab({ experiments, run }: LabRequest): void {
    const { engine, logIterations, looks } = this.lab;
    // What the runs of before were looked at for may not be there in these.
    const isOfKind = usualQuantity(experiments) === usualQuantity(this.lab.experiments);
    const quantity = isOfKind ? this.lab.quantity : usualQuantity(experiments);
    this.#store.open({ experiments, engine, logIterations, mapRun: 0, baseline: 0, hidden: [], quantity, looks }, run);
    this.#go('lab');
  }

  /** Past the settings, to what they lead to. */
  readonly #skip = (): void => {
    const view = this.view === 'lab' ? this.renderRoot : this.renderRoot.querySelector('nabla-sweep')?.shadowRoot;
    view?.querySelector<HTMLElement>('.middle')?.focus();
  };

  readonly #openDrawer = (): void => {
    this.drawer = true;
  };

  readonly #closeDrawer = (event: Event): void => {
    if (event.target === event.currentTarget) this.drawer = false;
  };

  readonly #key = (event: KeyboardEvent): void => {
    if (this.dialog || this.drawer) return;
    const { view, lab } = this;
    const { dispatch } = this.#store;
    actOnKey(event, { view, lab, dispatch, open: this.#openDialog }, areSingleKeysOn());
  };

  /** What the Sweep view's form describes, once that is loaded. */
  #described(): Readonly<Record<string, unknown>> | undefined {
    return this.renderRoot.querySelector<HTMLElement & { description: Readonly<Record<string, unknown>> }>('nabla-sweep')
      ?.description;
  }

  #offer(incoming: Incoming): void {
    this.incoming = incoming;
    this.#openDialog('import');
  }

  readonly #openDialog = (dialog: DialogName | undefined): void => {
    this.dialog = dialog;
    if (dialog) this.#loadDialogs();
  };

  #loadDialogs(): void {
    import('./dialogs.ts').then(
      () => {
        this.dialogs = true;
      },
      () => {
        this.dialog = undefined;
      },
    );
  }
}
