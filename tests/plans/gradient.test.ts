/** Every parameter gradient of whole plans against central differences of the loss, in double precision. */
import { describe, expect, test } from 'vitest';
import { ACTIVATIONS, BRANCHES, RESIDUAL_FORMS } from '../../src/model/schema.ts';
import { NO_LABEL } from '../../src/plan/records.ts';
import { loadDouble as load, wrongGradients } from '../support/gradients.ts';
import { smallMlp, smallResidual } from '../support/plans.ts';
import { random } from '../support/run-kernel.ts';

describe('the backward half of a plan is the derivative of its forward half', () => {
  test.each(ACTIVATIONS)('mlp with %s', (activation) => {
    expect(wrongGradients(smallMlp({ activation }))).toEqual([]);
  });
  test.each(['none', 'batch', 'layer', 'rms'] as const)('mlp with norm %s and cross-entropy', (norm) => {
    expect(wrongGradients(smallMlp({ norm, loss: 'cross_entropy', hiddenBias: norm !== 'batch' }), 5)).toEqual([]);
  });
  test.each(['batch', 'layer', 'rms'] as const)('mlp with norm %s behind the activation', (norm) => {
    expect(wrongGradients(smallMlp({ norm, normPlacement: 'after' }), 5)).toEqual([]);
  });
  test.each(['batch', 'layer', 'rms'] as const)('mlp with norm %s and no activation', (norm) => {
    expect(wrongGradients(smallMlp({ norm, activation: 'linear' }), 4)).toEqual([]);
  });
  test('mlp without biases, of layers that do not merge', () => {
    expect(wrongGradients(smallMlp({ sizes: [2, 4, 7, 3, 1], hiddenBias: false, outputBias: false }))).toEqual([]);
  });
  test.each(['silu', 'linear', 'relu'] as const)('residual network with %s', (activation) => {
    expect(wrongGradients(smallResidual({ activation }))).toEqual([]);
  });
  const forms = RESIDUAL_FORMS.flatMap((form) =>
    (form === 'plain' ? (['layer'] as const) : (['layer', 'batch', 'rms'] as const)).flatMap((norm) =>
      BRANCHES.flatMap((branch) => [true, false].map((isScaled) => ({ form, norm, branch, isScaled }))),
    ),
  );
  test.each(forms)('residual network, $form, $norm norm, $branch branches, scaled: $isScaled', (spec) => {
    const finalNorm = spec.form === 'post_norm';
    // Tanh, whose output is never constant over the features: a norm of constants has no derivative that differences could show.
    expect(wrongGradients(smallResidual({ ...spec, finalNorm, activation: 'tanh', bias: spec.isScaled }), 4)).toEqual([]);
  });
  test.each(BRANCHES)('residual network without norm and activation, %s branches', (branch) => {
    expect(wrongGradients(smallResidual({ form: 'plain', branch, activation: 'linear' }))).toEqual([]);
  });
  test('residual network with cross-entropy', () => {
    expect(wrongGradients(smallResidual({ loss: 'cross_entropy', outputs: 4 }))).toEqual([]);
  });

  test('rows without an example contribute nothing', () => {
    const network = smallMlp({ loss: 'cross_entropy' });
    const double = load(network);
    const before = double.read('grad.l0.weight', 0);
    double.write('label', 0, [NO_LABEL, 1, NO_LABEL]);
    double.write('x', 0, [...Array(3).fill(1e6), ...random(10, 9).slice(3, 6), ...Array(3).fill(-1e6)]);
    double.run();
    const after = double.read('grad.l0.weight', 0);
    expect(after).not.toEqual(before);
    // Saturated rows would otherwise contribute 1e6 times as much.
    expect(Math.max(...after.map(Math.abs))).toBeLessThan(100);
  });

  test('control: a gradient of another network is not accepted', () => {
    const double = load(smallMlp());
    const [relu] = [load(smallMlp({ activation: 'relu' }))];
    const [a, b] = [double, relu].map((plan) => plan.read('grad.l1.weight', 0));
    expect(Math.max(...a.map((g, i) => Math.abs(g - b[i])))).toBeGreaterThan(1e-2);
  });
});
