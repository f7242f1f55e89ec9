/** Cases as experiments: every committed one has its own settings in an experiment that is valid. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Case, parseCase, readCase } from '../../../src/audit/case.ts';
import { experimentOfCase } from '../../../src/audit/case-experiment.ts';

const FOLDER = 'tests/golden/cases';
const read = (name: string): Case => {
  const document = parseCase(JSON.parse(readFileSync(`${FOLDER}/${name}.json`, 'utf8')), name);
  return readCase(document, new Uint8Array(readFileSync(`${FOLDER}/${document.tensors}`)), name);
};
const kept = (given: Case) => {
  const found = experimentOfCase(given);
  if ('reason' in found) throw new Error(found.reason);
  return found;
};

test.each(readdirSync(FOLDER).filter((name) => name.endsWith('.json')))(
  '%s keeps optimizer, clip, loss and batch size',
  (file) => {
    const given = read(file.replace('.json', ''));
    const { experiment, lost } = kept(given);
    expect(experiment).toMatchObject({
      optimizer: given.settings.optimizer,
      clip: given.settings.clip,
      loss: given.document.loss_function,
      batchSize: given.batchSize,
    });
    expect(lost[0]).toMatch(/weights/);
  },
);

describe('what the network is', () => {
  test('an MLP has its depth, width, norm and bias, and a teacher of its inputs and targets', () => {
    const { experiment, lost } = kept(read('mlp_relu_explode30'));
    expect(experiment.model).toMatchObject({ kind: 'mlp', depth: 29, width: 14, activation: 'relu', norm: 'none', bias: false });
    expect(experiment.task).toMatchObject({ name: 'teacher', inputs: 14, outputs: 14 });
    expect(lost.at(-1)).toMatch(/teacher/);
    expect(kept(read('mlp_ln_gelu')).experiment.model).toMatchObject({ depth: 3, width: 20, norm: 'layer', activation: 'gelu' });
    expect(kept(read('mlp_relu_ce')).experiment.task.name).toBe('digits8');
  });

  test('residual blocks and cells have their sizes; a cell a task of as many steps', () => {
    expect(kept(read('resmlp_preln')).experiment.model).toMatchObject({
      blocks: 4,
      width: 16,
      inner: 24,
      form: 'pre_norm',
      norm: 'layer',
    });
    const rnn = kept(read('rnn_tanh')).experiment;
    expect([rnn.model, rnn.task]).toMatchObject([
      { cell: 'rnn', hidden: 12 },
      { name: 'adding', length: 20 },
    ]);
    expect(kept(read('gru')).experiment.task).toMatchObject({ name: 'temporal_order', length: 20 });
  });

  test('hidden layers of several widths, or none, are no experiment, and it says why', () => {
    const given = read('mlp_tanh');
    const ofSizes = (sizes: number[]) =>
      experimentOfCase({ ...given, document: { ...given.document, model: { ...given.document.model, sizes } as never } });
    expect(ofSizes([8, 16, 12, 4])).toEqual({
      reason: 'Its hidden layers have 16, 12 units; those of an experiment have one width.',
    });
    expect(ofSizes([8, 4])).toEqual({ reason: 'It has no hidden layer; an experiment has one or more.' });
  });
});
