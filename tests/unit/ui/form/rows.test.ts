/** Rows of the form, what a search finds, and the numbers beside them. */
import { describe, expect, test } from 'vitest';
import { parseExperiment } from '../../../../src/model/experiment.ts';
import { fieldsOf } from '../../../../src/ui/fields.ts';
import { groupOf } from '../../../../src/ui/form/groups.ts';
import { positionOf, rangeText, type Slider, sliderOf, steppedValue, valueAt } from '../../../../src/ui/form/number.ts';
import { elsewhere, type FormRun, firstSentence, groupsOf, rowsOf } from '../../../../src/ui/form/rows.ts';
import { PAIRS } from '../../../../src/ui/pairs.ts';

const [a, b] = PAIRS[0].experiments.map((experiment, r): FormRun => ({ name: 'AB'[r], experiment }));
const search = (text: string, onlyChanged = false) => ({ text, onlyChanged });
const paths = (runs: FormRun[], text: string, onlyChanged = false) =>
  groupsOf(rowsOf(runs, {}), search(text, onlyChanged)).flatMap(({ rows }) => rows.map(({ field }) => field.path));

describe('rows', () => {
  const row = (runs: FormRun[], path: string) => rowsOf(runs, {}).find(({ field }) => field.path === path);

  test('of two runs say where they differ, and show the first run’s value', () => {
    expect(row([a, b], 'model.init.scheme')).toMatchObject({ value: 'scaled_normal', differs: 'A N(0, σw²/n) · B He normal' });
    expect(row([a, b], 'model.depth')).toMatchObject({ value: 32, differs: undefined });
  });

  test('are of every run: a field that one of them has is there, with its value', () => {
    expect(row([a, b], 'clip.max')).toMatchObject({ value: 1, differs: undefined });
    expect(row([a], 'clip.max')).toBeUndefined();
  });

  test('know what was changed, and the default', () => {
    expect(row([a], 'model.depth')).toMatchObject({ changed: true, default: 8 });
    expect(row([a], 'model.width')).toMatchObject({ changed: false, default: 64 });
    expect(row([b, a], 'model.init.scheme')).toMatchObject({ changed: true });
  });

  test('carry the sentence of a refused value into their group', () => {
    const groups = groupsOf(rowsOf([a], { 'task.inputScale': { text: '-1', message: 'no' } }), search(''));
    expect(groups.filter(({ problems }) => problems > 0).map(({ title }) => title)).toEqual(['Data']);
  });

  test('count changes by group', () => {
    const network = groupsOf(rowsOf([a], {}), search('')).find(({ title }) => title === 'Network');
    expect(network).toMatchObject({ isOpen: true, changed: 1 });
  });
});

describe('a search', () => {
  test.each([
    ['label', 'learning rate', 'optimizer.learningRate'],
    ['path', 'batchsize', 'batchSize'],
    ['path with a dot', 'probes.test', 'probes.testEvery'],
    ['text', 'held-out', 'probes.testEvery'],
    ['name of an option', 'xavier', 'model.init.scheme'],
    ['value of an option', 'leaky_relu', 'model.activation'],
    ['group', 'early end', 'stop.window'],
    ['words in any order', 'weights decay', 'optimizer.weightDecay'],
  ])('by %s: %s', (_, text, path) => {
    expect(paths([a], text)).toContain(path);
  });

  test('finds nothing for what is nowhere, and all for nothing', () => {
    expect(paths([a], 'zebra')).toEqual([]);
    expect(paths([a], ' ')).toHaveLength(rowsOf([a], {}).length);
  });

  test('can be for changes alone', () => {
    expect(paths([a], '', true).sort()).toEqual([
      'iterations',
      'model.depth',
      'model.init.scheme',
      'model.init.weightVariance',
      'optimizer.momentum',
    ]);
  });

  test('says where else there is what the edited runs do not have', () => {
    expect(elsewhere([a], 'normplacement')).toEqual([{ label: 'Norm stands', where: 'with Norm layers other than none' }]);
    expect(elsewhere([a], 'forget bias')).toEqual([{ label: 'Forget bias', where: 'with Network RNN, LSTM, GRU' }]);
    expect(elsewhere([b], 'σw²')).toEqual([{ label: 'σw²', where: 'with Initialisation N(0, σw²/n)' }]);
    expect(elsewhere([a], 'peak share')).toEqual([{ label: 'Peak share', where: 'with Schedule one cycle' }]);
    expect(elsewhere([a], 'batch size')).toEqual([]);
  });
});

test('a group is that of the longest prefix; what no group knows stands with the training', () => {
  expect(['model.depth', 'model.init.gain', 'seed', 'new.thing'].map((path) => groupOf(path).title)).toEqual([
    'Network',
    'Initial weights',
    'Training',
    'Training',
  ]);
});

test('the first sentence ends before the next, not at an abbreviation', () => {
  expect(firstSentence('Kind of cell, as in He et al. 2015, e.g. torch.nn. More of it.')).toBe(
    'Kind of cell, as in He et al. 2015, e.g. torch.nn.',
  );
  expect(firstSentence('One')).toBe('One');
});

describe('numbers', () => {
  const field = (path: string, input = {}) => {
    const found = fieldsOf(parseExperiment(input)).get(path);
    if (!found) throw new Error(path);
    return found;
  };
  const slider = (path: string) => sliderOf(field(path)) as Slider;

  test('a rate’s slider moves by decades and gives two digits', () => {
    const rate = slider('optimizer.learningRate');
    expect(rate).toMatchObject({ from: -5, to: 1, log: true });
    expect([positionOf(rate, 0.01), positionOf(rate, 1e9), positionOf(rate, 1e-30)]).toEqual([-2, 1, -5]);
    expect(valueAt(rate, -1.5)).toBe(0.032);
  });

  test('a whole number’s slider gives whole numbers, by factors too', () => {
    expect([valueAt(slider('model.depth'), 7), slider('model.depth').step]).toEqual([7, 1]);
    const batch = slider('batchSize');
    expect([0, 0.35, 1.55, 3].map((at) => valueAt(batch, at))).toEqual([1, 2, 35, 1000]);
  });

  test('a short valid range has a slider over all of it, an endless one none', () => {
    expect(slider('optimizer.momentum')).toMatchObject({ from: 0, to: 0.99, step: 0.01 });
    expect(slider('optimizer.weightDecay')).toBeUndefined();
    expect(slider('seed')).toBeUndefined();
  });

  test('arrows step whole numbers by one, others by their second digit, and end at the bounds', () => {
    expect(steppedValue(field('seed'), 4, 1)).toBe(5);
    expect(steppedValue(field('seed'), 0, -1)).toBeUndefined();
    expect(steppedValue(field('optimizer.learningRate'), 0.01, 1)).toBe(0.011);
    expect(steppedValue(field('optimizer.learningRate'), 0.01, -1)).toBe(0.0099);
    expect(steppedValue(field('optimizer.momentum'), 0, 1)).toBe(0.01);
    expect(steppedValue(field('optimizer.momentum'), 0.99, 1)).toBeUndefined();
  });

  test.each([
    ['model.depth', '1 … 10,000'],
    ['optimizer.learningRate', '> 0'],
    ['optimizer.weightDecay', '≥ 0'],
    ['optimizer.momentum', '0 ≤ x < 1'],
    ['model.activation', ''],
  ])('%s has the range %s', (path, text) => {
    expect(rangeText(field(path))).toBe(text);
  });
});
