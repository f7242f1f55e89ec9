/** The form and its fields in a page: what they show, what they ask for, by pointer and by keyboard. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseExperiment } from '../../../../src/model/experiment.ts';
import type { ExperimentInput } from '../../../../src/model/schema.ts';
import type { NablaField } from '../../../../src/ui/form/field.ts';
import '../../../../src/ui/form/form.ts';
import type { NablaForm } from '../../../../src/ui/form/form.ts';
import type { FieldProblem } from '../../../../src/ui/state.ts';

interface Edit {
  readonly type: string;
  readonly path: string;
  readonly value: unknown;
  readonly text: string;
}

let form: NablaForm;
let edits: Edit[];
let previews: unknown[];

beforeEach(() => localStorage.clear());
afterEach(() => form.remove());

async function show(inputs: readonly ExperimentInput[], problems: Readonly<Record<string, FieldProblem>> = {}): Promise<void> {
  form = document.createElement('nabla-form') as NablaForm;
  form.style.cssText = 'display: block; width: 244px';
  form.runs = inputs.map((input, r) => ({ name: 'ABC'[r], experiment: parseExperiment(input) }));
  form.problems = problems;
  edits = [];
  previews = [];
  form.addEventListener('action', (event) => edits.push((event as CustomEvent<Edit>).detail));
  form.addEventListener('field-preview', (event) => previews.push((event as CustomEvent<unknown>).detail));
  document.body.append(form);
  await settled();
}

async function settled(): Promise<void> {
  await form.updateComplete;
  await Promise.all(fields().map((field) => field.updateComplete));
}

const inForm = <E extends Element>(selector: string) => form.renderRoot.querySelector<E>(selector) as E;
const fields = () => [...form.renderRoot.querySelectorAll<NablaField>('nabla-field')];
const field = (path: string) => fields().find(({ row }) => row.field.path === path) as NablaField;
const part = <E extends Element>(path: string, selector: string) => field(path).renderRoot.querySelector<E>(selector) as E;
const shown = (element: Element) => element.textContent?.replaceAll(/\s+/g, ' ').trim();
const heading = (title: string) =>
  [...form.renderRoot.querySelectorAll<HTMLButtonElement>('h2 button')].find((button) =>
    button.textContent?.includes(title),
  ) as HTMLButtonElement;

function type(input: HTMLInputElement, text: string, ...events: string[]): void {
  input.value = text;
  for (const name of events) input.dispatchEvent(new Event(name, { bubbles: true }));
}

describe('a number', () => {
  test('has label, unit, value, range and reason; unchanged it has neither dot nor reset', async () => {
    await show([{}]);
    const { renderRoot } = field('model.depth');
    expect(shown(renderRoot.querySelector('.name') as Element)).toBe('Depth layers');
    expect(part<HTMLInputElement>('model.depth', '#control').value).toBe('8');
    expect(shown(part('model.depth', '.why'))).toBe('Hidden layers. 1 … 10,000');
    expect(part<HTMLInputElement>('model.depth', '.slider').valueAsNumber).toBe(8);
    expect(renderRoot.querySelector('.dot')).toBeNull();
    expect(part<HTMLButtonElement>('model.depth', '.reset').checkVisibility({ visibilityProperty: true })).toBe(false);
  });

  test('changed has a dot with words, and a reset that asks for the default', async () => {
    await show([{ model: { kind: 'mlp', depth: 32 } }]);
    expect(shown(part('model.depth', '.name'))).toContain('changed, default 8');
    const reset = part<HTMLButtonElement>('model.depth', '.reset');
    expect(reset.getAttribute('aria-label')).toBe('Reset Depth to 8');
    reset.click();
    expect(edits).toEqual([{ type: 'edit', path: 'model.depth', value: undefined, text: '' }]);
    // The button goes; the focus does not go with it.
    expect(field('model.depth').shadowRoot?.activeElement?.id).toBe('control');
  });

  test('shows what is typed before it is in force, and asks for it at the end', async () => {
    await show([{}]);
    const input = part<HTMLInputElement>('optimizer.learningRate', '#control');
    type(input, '1e-3', 'input');
    expect([previews, edits]).toEqual([[{ path: 'optimizer.learningRate', value: 0.001 }], []]);
    type(input, '1e-3', 'change');
    expect(edits).toEqual([{ type: 'edit', path: 'optimizer.learningRate', value: 0.001, text: '1e-3' }]);
  });

  test('dragged previews every value and asks for the last; the text follows', async () => {
    await show([{}]);
    const slider = part<HTMLInputElement>('optimizer.learningRate', '.slider');
    type(slider, '-1', 'input');
    await settled();
    expect(part<HTMLInputElement>('optimizer.learningRate', '#control').value).toBe('0.1');
    type(slider, '-0.5', 'input', 'change');
    expect(previews).toHaveLength(2);
    expect(edits.map(({ value }) => value)).toEqual([0.32]);
  });

  test('goes up and down by arrow keys and back by Escape', async () => {
    await show([{}]);
    heading('Training').click();
    await settled();
    const seed = part<HTMLInputElement>('seed', '#control');
    const press = (key: string) => seed.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    press('ArrowUp');
    press('ArrowDown');
    expect(edits.map(({ value }) => value)).toEqual([2, 0]);
    seed.value = '77';
    press('Escape');
    expect([seed.value, edits.length]).toEqual(['1', 2]);
  });

  test('refused keeps the text and says why at the field, tied to it', async () => {
    await show([{}], { 'model.depth': { text: '1e9', message: '1e9 is not valid; valid is a whole number from 1 to 10000' } });
    const input = part<HTMLInputElement>('model.depth', '#control');
    expect([input.value, input.getAttribute('aria-invalid'), input.getAttribute('aria-errormessage')]).toEqual([
      '1e9',
      'true',
      'problem',
    ]);
    expect(shown(part('model.depth', '[role=alert]'))).toContain('valid is a whole number');
  });

  test('that may be left out can be emptied; control: any other cannot', async () => {
    await show([{ model: { kind: 'residual_mlp', init: { scheme: 'scaled_normal', branchWeightVariance: 2 } } }]);
    type(part('model.init.branchWeightVariance', '#control'), '', 'change');
    type(part('model.init.weightVariance', '#control'), '', 'change');
    expect(edits.map(({ value }) => value)).toEqual([undefined, '']);
  });
});

describe('a choice', () => {
  test('of few short options stands side by side, of many in a list, of yes and no as a box', async () => {
    await show([{ model: { kind: 'mlp', norm: 'batch' } }]);
    const placement = [...field('model.normPlacement').renderRoot.querySelectorAll('.seg button')] as HTMLButtonElement[];
    expect(placement.map((button) => [button.textContent, button.getAttribute('aria-pressed')])).toEqual([
      ['before φ', 'true'],
      ['after φ', 'false'],
    ]);
    placement[1].click();
    const list = part<HTMLSelectElement>('model.activation', 'select');
    expect(list.value).toBe('relu');
    list.value = 'tanh';
    list.dispatchEvent(new Event('change'));
    part<HTMLInputElement>('model.bias', '[type=checkbox]').click();
    expect(edits.map(({ path, value }) => [path, value])).toEqual([
      ['model.normPlacement', 'after'],
      ['model.activation', 'tanh'],
      ['model.bias', false],
    ]);
  });

  test('says what its present value means, and in full what each means', async () => {
    await show([{ model: { kind: 'mlp', norm: 'rms' } }]);
    expect(shown(part('model.norm', '.why'))).toContain('Zhang, Sennrich 2019');
    expect(shown(part('model.norm', '.why'))).not.toContain('Ioffe');
    inForm<HTMLButtonElement>('[aria-label^=Explain]').click();
    await settled();
    expect(shown(part('model.norm', 'ul'))).toContain('Ioffe');
  });
});

describe('several runs', () => {
  test('say at the field where they differ, and which has what', async () => {
    await show([{ model: { kind: 'mlp', depth: 4 } }, { model: { kind: 'mlp', depth: 5, activation: 'tanh' } }]);
    const depth = part<HTMLInputElement>('model.depth', '#control');
    expect([depth.value, depth.placeholder]).toEqual(['', 'differs']);
    expect(shown(part('model.depth', '.differs'))).toBe('A 4 · B 5');
    expect(part<HTMLSelectElement>('model.activation', 'select').selectedOptions[0].textContent).toBe('differs');
  });
});

describe('the form', () => {
  const search = async (text: string) => {
    type(inForm('input[type=search]'), text, 'input');
    await settled();
  };

  test('opens and folds its groups, counts what changed, and remembers for the next time', async () => {
    await show([{ seed: 3, stop: { window: 5 } }]);
    expect(heading('Training').getAttribute('aria-expanded')).toBe('false');
    expect(shown(heading('Training'))).toContain('1 changed');
    expect(field('seed')).toBeUndefined();
    heading('Training').click();
    heading('Network').click();
    await settled();
    expect([field('seed') !== undefined, field('model.depth')]).toEqual([true, undefined]);
    form.remove();
    await show([{}]);
    expect([field('seed') !== undefined, field('model.depth')]).toEqual([true, undefined]);
  });

  test('opens a group in which a value is refused', async () => {
    await show([{}], { seed: { text: '-1', message: 'no' } });
    expect(field('seed')).toBeDefined();
    expect(shown(heading('Training'))).toContain('1 refused');
  });

  test('finds fields in folded groups, says how many, and gives all back by Escape', async () => {
    await show([{}]);
    await search('held-out');
    expect(fields().map(({ row }) => row.field.path)).toEqual(['probes.testEvery']);
    expect(shown(inForm('.count'))).toMatch(/^1 of \d+ settings$/);
    inForm('input[type=search]').dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
    await settled();
    expect(fields().length).toBeGreaterThan(10);
    await search('zebra');
    expect([fields().length, shown(inForm('.count'))]).toEqual([0, expect.stringMatching(/^0 of/)]);
  });

  test('says what to choose for a field that is elsewhere', async () => {
    await show([{}]);
    await search('forget');
    expect(shown(inForm('.elsewhere'))).toContain('Forget bias, with Network RNN, LSTM, GRU');
  });

  test('shows changes alone', async () => {
    await show([{ seed: 3 }]);
    inForm<HTMLButtonElement>('.search button').click();
    await settled();
    expect(fields().map(({ row }) => row.field.path)).toEqual(['seed']);
  });

  test('names each control, and each is at least 24 px high', async () => {
    await show([{ model: { kind: 'mlp', norm: 'batch' } }]);
    for (const { renderRoot, row } of fields()) {
      const control = renderRoot.querySelector('#control') as HTMLElement;
      const label = renderRoot.querySelector('label');
      expect([row.field.path, label?.htmlFor, label?.textContent]).toEqual([row.field.path, 'control', row.field.label]);
      const targets = control.matches('input[type=checkbox]') ? [] : [control];
      for (const target of targets)
        expect([row.field.path, target.getBoundingClientRect().height >= 24]).toEqual([row.field.path, true]);
    }
  });
});
