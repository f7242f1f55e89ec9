/** The estimate below the form, and edits that are held back until it is known that they fit. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PlanSummary } from '../../../../src/plan/summary.ts';
import { EstimateClient, type EstimatePort } from '../../../../src/sweep/estimate-client.ts';
import type { FromEstimateWorker, PlanEstimate, ToEstimateWorker } from '../../../../src/sweep/estimate-protocol.ts';
import type { Controls } from '../../../../src/ui/controls.ts';
import '../../../../src/ui/controls.ts';
import type { NablaEstimate, Preview } from '../../../../src/ui/form/estimate.ts';
import type { NablaField } from '../../../../src/ui/form/field.ts';
import type { NablaForm } from '../../../../src/ui/form/form.ts';
import { reduce } from '../../../../src/ui/reducer.ts';
import { type Action, initialState, type LabState } from '../../../../src/ui/state.ts';

const summary: PlanSummary = {
  replicas: 2,
  parameters: 132_106,
  bytes: 4_100_000,
  dispatchesPerIteration: 100,
  flopPerIteration: 1e6,
  gradientLayers: ['z0'],
  unitLayers: ['h0'],
  recurrentLayers: [],
  isAll: true,
  isHalf: false,
  hasHistograms: false,
  weightLayers: ['l0.weight'],
  measured: ['z0'],
};
const estimate: PlanEstimate = { parameters: [500, 900], plans: 2, bytes: 16_000_000, dispatches: 100, flop: 16e6 };
const REPORT = { engine: 'cpu', why: 'test' } as const;

const follow = (state: LabState, ...actions: Action[]) => actions.reduce(reduce, state);
const engine: Action = { type: 'worker', message: { type: 'engine', report: REPORT, checks: undefined } as never };
const loaded: Action = { type: 'worker', message: { type: 'loaded', summaries: [summary, summary], baselines: [[], []] } };
const runs = (state: 'running' | 'paused', iterationsPerSecond = 0): Action => ({
  type: 'worker',
  message: { type: 'state', state, iterationsPerSecond },
});

/** A worker that answers when it is told to. */
class FakeWorker {
  sent: ToEstimateWorker[] = [];
  #listen: ((event: MessageEvent) => void) | undefined;
  postMessage(message: ToEstimateWorker): void {
    this.sent.push(message);
  }
  terminate(): void {
    this.#listen = undefined;
  }
  addEventListener(name: string, listener: (event: MessageEvent) => void): void {
    if (name === 'message') this.#listen = listener;
  }
  answer(data: FromEstimateWorker): void {
    this.#listen?.({ data } as MessageEvent);
  }
}

let worker: FakeWorker;
let element: NablaEstimate | Controls;
const client = () => new EstimateClient(() => worker as unknown as EstimatePort);

beforeEach(() => {
  localStorage.clear();
  worker = new FakeWorker();
});
afterEach(() => element.remove());

async function settled(): Promise<void> {
  // The answer arrives a microtask after the worker has spoken.
  await Promise.resolve();
  await new Promise((resolve) => setTimeout(resolve));
  await element.updateComplete;
}

describe('the estimate', () => {
  async function show(lab: LabState, preview?: Preview): Promise<NablaEstimate> {
    const shown = document.createElement('nabla-estimate') as NablaEstimate;
    shown.client = client();
    shown.patienceMs = 0;
    shown.lab = lab;
    shown.preview = preview;
    document.body.append(shown);
    element = shown;
    await settled();
    return shown;
  }
  const text = () => element.renderRoot.querySelector('section')?.innerText.replaceAll(/\s+/g, ' ').trim();

  test('of what is loaded is what the plans say, without asking', async () => {
    await show(follow(initialState(), engine, loaded, runs('paused')));
    expect(text()).toBe('Parameters 132,106 Memory 4.1 MB Speed known once the runs train');
    expect(worker.sent).toEqual([]);
  });

  test('gives the measured speed and the time of the whole run', async () => {
    await show(follow(initialState(), engine, loaded, runs('running', 100)));
    // The opening runs have 2,000 iterations.
    expect(text()).toContain('Speed 100 it/s · measured 2,000 iterations 20 s');
  });

  test('of a preview is asked for, says what it is of, and how far speed and time are open', async () => {
    const lab = follow(initialState(), engine, loaded, runs('running', 100));
    const shown = await show(lab);
    shown.preview = { label: 'Width 256', experiments: lab.experiments };
    await settled();
    expect(worker.sent).toHaveLength(1);
    expect(shown.renderRoot.querySelector('[aria-busy=true]')).not.toBeNull();
    worker.answer({ type: 'estimated', estimate });
    await settled();
    // Timed: 0.01 s for as many dispatches and a 16th of the arithmetic, so 0.01 s to 0.16 s.
    expect(text()).toContain('With Width 256 Parameters 500 … 900 Memory 16 MB');
    expect(text()).toContain('Speed about 25 it/s 6.3 it/s to 100 it/s 2,000 iterations about 80 s 20 s to 5 min');
  });

  test('before anything is loaded is asked for', async () => {
    await show(follow(initialState(), engine));
    expect(text()).toBe('Not known yet.');
    await settled();
    worker.answer({ type: 'estimated', estimate });
    await settled();
    expect(text()).toContain('Memory 16 MB');
  });

  test('of what does not fit says so in words', async () => {
    const lab = follow(initialState(), engine, loaded, runs('paused'));
    await show(lab, { label: 'Depth 9,000', experiments: lab.experiments });
    worker.answer({ type: 'refused', message: 'bytes of memory: 9 needed, 8 available' });
    await settled();
    expect(text()).toContain('This does not fit: bytes of memory: 9 needed, 8 available.');
  });

  test('is not fooled by slow motion, and keeps timings for the next visit', async () => {
    const slow = follow(initialState(), engine, loaded, { type: 'speed', speed: 10 }, runs('running', 10));
    await show(slow);
    expect(text()).toContain('known once the runs train');
    element.remove();
    await show(follow(initialState(), engine, loaded, runs('running', 100)));
    element.remove();
    await show(follow(initialState(), engine, loaded, runs('paused')));
    expect(text()).toContain('100 it/s');
  });
});

describe('an edit that may be too large', () => {
  let actions: Action[];

  async function edit(path: string, typed: string): Promise<void> {
    const controls = document.createElement('nabla-controls') as Controls;
    controls.client = client();
    controls.lab = follow(initialState(), engine, loaded, runs('paused'));
    actions = [];
    controls.addEventListener('action', (event) => actions.push((event as CustomEvent<Action>).detail));
    document.body.append(controls);
    element = controls;
    await settled();
    const form = controls.renderRoot.querySelector<NablaForm>('nabla-form');
    await form?.updateComplete;
    const fields = [...(form?.renderRoot.querySelectorAll<NablaField>('nabla-field') ?? [])];
    const input = fields.find(({ row }) => row.field.path === path)?.renderRoot.querySelector('input') as HTMLInputElement;
    input.value = typed;
    input.dispatchEvent(new Event('change'));
  }

  test('waits for the estimate, and is made where it fits', async () => {
    await edit('model.depth', '10000');
    expect([actions, worker.sent.length]).toEqual([[], 1]);
    worker.answer({ type: 'estimated', estimate });
    await settled();
    expect(actions).toEqual([{ type: 'edit', path: 'model.depth', value: 10_000, text: '10000' }]);
  });

  test('is refused at its field where it does not, and the runs go on', async () => {
    await edit('model.depth', '10000');
    worker.answer({ type: 'refused', message: 'bytes of memory: 9 needed' });
    await settled();
    expect(actions).toEqual([
      { type: 'refuse', path: 'model.depth', text: '10000', message: 'Too large for this device: bytes of memory: 9 needed' },
    ]);
    const before = follow(initialState(), engine, loaded);
    const after = follow(before, ...actions);
    expect(after.experiments).toBe(before.experiments);
    expect(after.problems['model.depth'].text).toBe('10000');
  });

  test.each([
    ['small', 'model.depth', '40'],
    ['in mid-run', 'optimizer.learningRate', '0.5'],
    ['not valid', 'model.depth', '1e9'],
  ])('control: one that is %s is made at once', async (_, path, typed) => {
    await edit(path, typed);
    expect([actions.length, worker.sent]).toEqual([1, []]);
  });
});
