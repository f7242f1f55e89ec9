import { expect, test } from 'vitest';
import { parseExperiment } from '../../../src/model/experiment.ts';
import { initialValues } from '../../../src/model/initialise.ts';
import { networkOf, parametersOf } from '../../../src/model/network.ts';
import type { Experiment, ExperimentInput } from '../../../src/model/schema.ts';
import { InitialValues } from '../../../src/sweep/initial-values.ts';

const experimentOf = (model: object, seed: number) =>
  parseExperiment({ model: { kind: 'mlp', width: 8, ...model } as ExperimentInput['model'], seed });
const networkFor = (experiment: Experiment) => networkOf(experiment, 2, 2);
const drawn = (experiment: Experiment) =>
  parametersOf(networkFor(experiment)).map((parameter, index) =>
    initialValues(parameter, experiment.model.init, experiment.seed, index),
  );

test('values are those that would be drawn anew, whatever was drawn before', () => {
  const values = new InitialValues();
  const experiments = [
    experimentOf({ depth: 3 }, 1),
    experimentOf({ depth: 3 }, 2),
    experimentOf({ depth: 5 }, 1),
    experimentOf({ depth: 3, init: { scheme: 'torch_default' } }, 1),
    experimentOf({ depth: 3, init: { scheme: 'he_normal', gain: 2 } }, 1),
    experimentOf({ depth: 3, norm: 'batch' }, 1),
  ];
  for (const experiment of [...experiments, ...experiments]) {
    expect(values.of(networkFor(experiment), experiment)).toEqual(drawn(experiment));
  }
});

test('the same network has the same arrays, and so have the layers that a deeper one shares', () => {
  const values = new InitialValues();
  const [shallow, deep] = [experimentOf({ depth: 3 }, 1), experimentOf({ depth: 5 }, 1)];
  const first = values.of(networkFor(shallow), shallow);
  expect(values.of(networkFor(shallow), shallow)[0]).toBe(first[0]);
  expect(values.of(networkFor(deep), deep)[2]).toBe(first[2]);
});

test('what has not been used for longest makes room', () => {
  const [a, b] = [experimentOf({ depth: 3 }, 1), experimentOf({ depth: 3 }, 2)];
  // Room for one network and no more.
  const values = new InitialValues(drawn(a).reduce((sum, { length }) => sum + length, 0));
  const first = values.of(networkFor(a), a);
  expect(values.of(networkFor(a), a)[0]).toBe(first[0]);
  values.of(networkFor(b), b);
  const again = values.of(networkFor(a), a);
  expect(again[0]).not.toBe(first[0]);
  expect(again).toEqual(first);
});
