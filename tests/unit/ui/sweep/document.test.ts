import { describe, expect, test } from 'vitest';
import { committedDocuments, isSweep } from '../../../../src/model/scenario.ts';
import { parseSweep } from '../../../../src/sweep/axes.ts';
import {
  axesOf,
  baseValue,
  constraintsOf,
  type Json,
  readProduct,
  readText,
  readValues,
  samplingOf,
  secondsOf,
  withAxis,
  withAxisMoved,
  withBaseValue,
  withConstraint,
  withSampling,
  withSeconds,
  withTitle,
  writeProduct,
  writeText,
  writeValues,
} from '../../../../src/ui/sweep/document.ts';
import { fieldLine, suggestAxis } from '../../../../src/ui/sweep/suggest.ts';

const document: Json = {
  title: 'T',
  claim: 'C',
  experiment: { model: { kind: 'mlp', depth: 3 }, future: [1, { deep: null }] },
  axes: [
    { path: 'model.depth', values: [1, 2], note: 'kept' },
    { path: 'optimizer.learningRate', range: { from: 0.01, to: 1, count: 3, scale: 'log' } },
  ],
  later: true,
};

describe('a document', () => {
  test('comes back from its text unchanged, whatever it holds', () => {
    for (const [, committed] of committedDocuments()) expect(readText(writeText(committed))).toEqual({ document: committed });
    expect(readText(writeText(document))).toEqual({ document });
  });

  test('is written with short groups on one line and no line of a wide one', () => {
    expect(writeText({ a: [1, 2], b: {} })).toBe('{ "a": [1, 2], "b": {} }');
    const wide = writeText({ list: Array.from({ length: 40 }, (_, i) => i) });
    expect(wide.split('\n')).toHaveLength(44);
  });

  test('that is no JSON, or no object, is a problem in words', () => {
    expect(readText('{ "axes": [')).toEqual({ problem: expect.stringMatching(/^This is not JSON: ./) });
    expect(readText('[1]')).toEqual({ problem: expect.stringContaining('not an object') });
  });

  test('keeps what the form does not know through every edit', () => {
    const edits: Json[] = [
      withTitle(document, 'other'),
      withBaseValue(document, 'iterations', 5),
      withAxis(document, 0, { path: 'seed', values: [1], range: undefined }),
      withAxisMoved(document, 0, 1),
      withSampling(document, { count: 9, seed: 1 }),
      withConstraint(document, 0, { of: { seed: 1 }, atLeast: undefined, atMost: 3 }),
    ];
    for (const edited of edits) {
      expect(edited.later).toBe(true);
      expect(edited.claim).toBe('C');
      expect(baseValue(edited, 'future')).toEqual([1, { deep: null }]);
    }
    expect((edits[2].axes as Json[])[0]).toEqual({ path: 'seed', note: 'kept', values: [1] });
    expect(document.axes).toHaveLength(2);
  });

  test('survives the way through the form’s own reading of it', () => {
    let through = document;
    for (const [index, axis] of axesOf(document).entries()) through = withAxis(through, index, axis);
    expect(through).toEqual(document);
  });

  test('with parts of the wrong kind is shown as far as it goes', () => {
    expect(axesOf({ axes: 'none' })).toEqual([]);
    expect(axesOf({ axes: [7, { path: 3, values: 'x' }] })).toEqual([
      { path: '', values: [], range: undefined },
      { path: '', values: [], range: undefined },
    ]);
    expect(baseValue({ experiment: 4 }, 'model.depth')).toBeUndefined();
  });
});

describe('axes', () => {
  test('are added, removed and moved, and stay where they are at either end', () => {
    const paths = (edited: Json) => axesOf(edited).map(({ path }) => path);
    const three = withAxis(document, 2, { path: 'seed', values: [1, 2], range: undefined });
    expect(paths(three)).toEqual(['model.depth', 'optimizer.learningRate', 'seed']);
    expect(paths(withAxis(three, 1, undefined))).toEqual(['model.depth', 'seed']);
    expect(paths(withAxisMoved(three, 2, 0))).toEqual(['seed', 'model.depth', 'optimizer.learningRate']);
    expect(withAxisMoved(three, 0, -1)).toBe(three);
    expect(withAxisMoved(three, 2, 3)).toBe(three);
  });

  test('change from a list to a range and back without a trace of the other', () => {
    const range = { from: 1, to: 8, count: 4, scale: 'integer_log' };
    const ranged = withAxis(document, 0, { path: 'model.depth', values: [], range });
    expect((ranged.axes as Json[])[0]).toEqual({ path: 'model.depth', note: 'kept', range });
    const listed = withAxis(ranged, 0, { path: 'model.depth', values: [4], range: undefined });
    expect((listed.axes as Json[])[0]).toEqual({ path: 'model.depth', note: 'kept', values: [4] });
  });

  test('of a known field start with values that suit it', () => {
    expect(suggestAxis('seed').values).toEqual([1, 2, 3]);
    expect(suggestAxis('optimizer.learningRate').range).toMatchObject({ scale: 'log' });
    expect(suggestAxis('model.activation').values).toContain('tanh');
    expect(suggestAxis('model.bias').values).toEqual([false, true]);
    expect(suggestAxis('optimizer.momentum').values).toEqual([0]);
    expect(suggestAxis('nonsense')).toEqual({ path: 'nonsense', values: [], range: undefined });
    expect(fieldLine('model.depth')).toContain('Hidden layers.');
    expect(fieldLine('clip')).toBe('');
  });
});

test.each([
  [[0.01, 1e-5, 3], '0.01, 0.00001, 3'],
  [['relu', 'tanh'], 'relu, tanh'],
  [['true', 'null', '7', 'a, b'], '"true", "null", "7", "a, b"'],
  [[true, null], 'true, null'],
  [[{ rule: 'none' }, { rule: 'value', max: 1 }], '{"rule":"none"}, {"rule":"value","max":1}'],
  [[], ''],
])('values %j are typed as %s', (values, text) => {
  expect(writeValues(values)).toBe(text);
  expect(readValues(text)).toEqual(values);
});

test('what is typed carelessly is read as it is meant', () => {
  expect(readValues(' 1,2 ,, 3,')).toEqual([1, 2, 3]);
  expect(readValues('−0.5, 1e3')).toEqual([-0.5, 1000]);
  expect(readValues('"a\\"b, c", d')).toEqual(['a"b, c', 'd']);
});

test('a product of powers is read, written, and wrong powers are kept for the worker to refuse', () => {
  const of = { 'model.depth': 1, 'model.width': 2 };
  expect(writeProduct(of)).toBe('model.depth * model.width^2');
  expect(readProduct(writeProduct(of))).toEqual(of);
  expect(readProduct('seed^x')).toEqual({ seed: 'x' });
  expect(readProduct('seed^')).toEqual({ seed: '' });
  expect(readProduct(' ')).toEqual({});
});

test('sampling and constraints disappear from the document with their last trace', () => {
  const sampled = withSampling(document, { count: 10, seed: 2 });
  expect(sampled.sampling).toEqual({ kind: 'random', count: 10, seed: 2 });
  expect(samplingOf(sampled)).toEqual({ count: 10, seed: 2 });
  expect('sampling' in withSampling(sampled, undefined)).toBe(false);
  const bound = withConstraint(document, 0, { of: { seed: 1 }, atLeast: 3, atMost: undefined });
  expect(bound.constraints).toStrictEqual([{ of: { seed: 1 }, atLeast: 3 }]);
  expect(constraintsOf(bound)).toEqual([{ of: { seed: 1 }, atLeast: 3, atMost: undefined }]);
  expect('constraints' in withConstraint(bound, 0, undefined)).toBe(false);
});

test('a limit of time is set and taken away, beside what else the stop rule holds', () => {
  const limited = withSeconds(document, 60);
  expect(limited.stop).toEqual({ seconds: 60 });
  expect(secondsOf(limited)).toBe(60);
  expect('stop' in withSeconds(limited, undefined)).toBe(false);
  expect(withSeconds({ stop: { later: 1 } }, undefined)).toEqual({ stop: { later: 1 } });
});

test('a range whose count is left out has no such field', () => {
  const range = { from: 1, to: 2, count: undefined, scale: 'log' };
  expect(withAxis({}, 0, { path: 'seed', values: [], range }).axes).toStrictEqual([
    { path: 'seed', range: { from: 1, to: 2, scale: 'log' } },
  ]);
});

test('what the form writes is a sweep to the reader of sweeps', () => {
  let sweep: Json = { experiment: {} };
  for (const [k, path] of ['model.depth', 'optimizer.learningRate', 'clip', 'seed', 'model.activation'].entries())
    sweep = withAxis(sweep, k, suggestAxis(path));
  sweep = withConstraint(withSeconds(sweep, 5), 0, { of: readProduct('model.depth * model.width^2'), atLeast: 1, atMost: 1e9 });
  expect(parseSweep(withTitle(sweep, 'T'), 'sweep')).toEqual({ title: 'T', ...sweep });
  expect(parseSweep(withSampling(sweep, { count: 5, seed: 1 }), 'sweep').sampling).toEqual({ kind: 'random', count: 5, seed: 1 });
});

test('a field of the base is set, and with undefined left to its default again', () => {
  const set = withBaseValue(document, 'optimizer.learningRate', 0.5);
  expect(baseValue(set, 'optimizer.learningRate')).toBe(0.5);
  const unset = withBaseValue(withBaseValue(document, 'iterations', 7), 'iterations', undefined);
  expect(unset).toEqual(document);
});

test('there is a committed sweep to start from', () => {
  expect([...committedDocuments().values()].filter(isSweep).length).toBeGreaterThan(0);
});
