/** The heads of the runs: what each says, and what its buttons ask for. */
import { afterEach, describe, expect, test } from 'vitest';
import { parseExperiment } from '../../../src/model/experiment.ts';
import type { RunHead } from '../../../src/ui/run-head.ts';
import { RunStrip } from '../../../src/ui/run-strip.ts';
import { type Action, identityOf, initialState, type LabState } from '../../../src/ui/state.ts';

const rates = (...list: readonly number[]) =>
  list.map((learningRate) => parseExperiment({ optimizer: { name: 'sgd', learningRate } }));

function stateOf(change: Partial<LabState>): LabState {
  const experiments = change.experiments ?? rates(0.1, 0.2, 0.3);
  return { ...initialState(), experiments, ...identityOf(experiments), ...change };
}

async function show(change: Partial<LabState> = {}) {
  const strip = new RunStrip();
  const asked: Action[] = [];
  strip.addEventListener('action', (event) => asked.push((event as CustomEvent<Action>).detail));
  strip.lab = stateOf(change);
  document.body.append(strip);
  await strip.updateComplete;
  const heads = [...(strip.shadowRoot?.querySelectorAll<RunHead>('nabla-run-head') ?? [])];
  await Promise.all(heads.map((head) => head.updateComplete));
  const button = (name: string, from: Element = strip) =>
    [...(from.shadowRoot?.querySelectorAll('button') ?? [])].find((one) => one.ariaLabel === name || one.textContent === name);
  const summaries = heads.map((head) => head.shadowRoot?.querySelector('.summary')?.textContent);
  return { strip, heads, asked, button, summaries };
}

afterEach(() => document.body.replaceChildren());

describe('<nabla-run-strip>', () => {
  test('has a head for each run, with its letter and its difference to the baseline', async () => {
    const { heads, summaries } = await show();
    expect(heads.map((head) => head.shadowRoot?.querySelector('.tag')?.textContent)).toEqual(['A', 'B', 'C']);
    expect(summaries).toEqual([
      'baseline: the others are compared with it',
      'to A: Learning rate 0.2',
      'to A: Learning rate 0.3',
    ]);
  });

  test('another baseline rewrites the differences', async () => {
    const { summaries } = await show({ baseline: 2 });
    expect(summaries).toEqual([
      'to C: Learning rate 0.1',
      'to C: Learning rate 0.2',
      'baseline: the others are compared with it',
    ]);
  });

  test('of two runs each says how it differs from the other, or that it does not', async () => {
    expect((await show({ experiments: rates(0.1, 0.2) })).summaries).toEqual(['Learning rate 0.1', 'Learning rate 0.2']);
    document.body.replaceChildren();
    expect((await show({ experiments: rates(0.1, 0.1) })).summaries).toEqual([
      'same settings as run B',
      'same settings as run A',
    ]);
  });

  test('buttons pin, hide, copy and remove a run, and say what is', async () => {
    const { heads, asked, button } = await show({ hidden: [1] });
    const names = [
      'Run B is the baseline that others are compared with',
      'Curves of run B are shown',
      'Add a copy of run B',
      'Remove run B',
    ];
    const buttons = names.map((name) => button(name, heads[1]));
    expect(buttons.map((one) => one?.ariaPressed)).toEqual(['false', 'false', null, null]);
    for (const one of buttons) one?.click();
    expect(asked).toEqual([
      { type: 'baseline', run: 1 },
      { type: 'show run', run: 1, on: true },
      { type: 'add run', of: 1 },
      { type: 'remove run', run: 1 },
    ]);
  });

  test('a run is added like the one that is edited, until there are sixteen', async () => {
    const { asked, button } = await show({ target: 1 });
    button('Add a run')?.click();
    expect(asked).toEqual([{ type: 'add run', of: 1 }]);
    document.body.replaceChildren();
    const full = await show({ experiments: rates(...Array.from({ length: 16 }, (_, r) => 0.1 + 0.01 * r)) });
    expect(full.button('Add a run')?.disabled).toBe(true);
  });

  test('a single run has nothing to be compared with, hidden from or removed', async () => {
    const { heads, button } = await show({ experiments: rates(0.1) });
    expect(button('Remove run A', heads[0])).toBeUndefined();
    expect(button('Add a copy of run A', heads[0])?.disabled).toBe(false);
  });
});
