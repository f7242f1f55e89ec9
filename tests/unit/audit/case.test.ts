import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { auditCase } from '../../../src/audit/audit.ts';
import { parseCase, readCase } from '../../../src/audit/case.ts';
import { openEngine } from '../../../src/engine/open.ts';
import { ConfigError } from '../../../src/model/errors.ts';

const FOLDER = 'tests/golden/cases';
const document = (name = 'mlp_relu_ce') => JSON.parse(readFileSync(`${FOLDER}/${name}.json`, 'utf8'));
const tensors = (name = 'mlp_relu_ce') => new Uint8Array(readFileSync(`${FOLDER}/${name}.safetensors`));
const settings = (optimizer: object) => readCase(parseCase({ ...document(), optimizer }, 'c'), tensors(), 'f').settings.optimizer;

/** What no case sets: torch.optim has neither. */
const CONSTANT = { name: 'constant', warmup: 0, warmupStart: 0.01 };

describe('an optimizer left to its defaults is torch’s', () => {
  // torch.optim: SGD has no momentum; Adam and AdamW lr 1e-3, betas 0.9 and 0.999, eps 1e-8; AdamW weight decay 1e-2;
  // RMSprop lr 1e-2, alpha 0.99, eps 1e-8.
  test.each([
    [
      { name: 'sgd', lr: 0.1 },
      { learningRate: 0.1, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0, decoupled: false },
    ],
    [{ name: 'adam' }, { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 }],
    [{ name: 'adamw' }, { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 1e-2 }],
    [
      { name: 'rmsprop' },
      { learningRate: 1e-2, alpha: 0.99, epsilon: 1e-8, momentum: 0, centered: false, weightDecay: 0, decoupled: false },
    ],
  ])('%j', (torch, ours) => {
    expect(settings(torch)).toEqual({ name: torch.name, schedule: CONSTANT, ...ours });
  });
  test('and what is given arrives', () => {
    expect(settings({ name: 'adam', lr: 0.5, betas: [0.5, 0.75], eps: 0.25, weight_decay: 2, amsgrad: false })).toEqual({
      name: 'adam',
      learningRate: 0.5,
      beta1: 0.5,
      beta2: 0.75,
      epsilon: 0.25,
      weightDecay: 2,
      schedule: CONSTANT,
    });
  });
});

test('a case without a clip rule clips nothing', () => {
  const { clip: _clip, ...rest } = document();
  expect(readCase(parseCase(rest, 'c'), tensors(), 'f').settings.clip).toEqual({ rule: 'none' });
});

test('further remarks in a case do not matter', () => {
  expect(() => parseCase({ ...document(), author: 'me', n_params: 5 }, 'c')).not.toThrow();
});

describe('what cannot be represented is named', () => {
  test.each<[string, object, string, RegExp]>([
    ['a transformer', { model: { kind: 'transformer' } }, 'model.kind', /transformers are not in this version/],
    ['a GAN', { model: { kind: 'gan' } }, 'model.kind', /adversarial pairs/],
    ['an unknown kind', { model: { kind: 'cnn' } }, 'model.kind', /"cnn" is not valid; valid is "mlp" or "residual_mlp"/],
    ['an unknown activation', { model: { ...document().model, activation: 'mish' } }, 'model.activation', /"mish" is not valid/],
    ['another format', { format: 'nablascope-case/2' }, 'format', /valid is "nablascope-case\/1"/],
    ['another loss', { loss_function: 'gan_logistic' }, 'loss_function', /"cross_entropy" or "mse"/],
    ['another clip rule', { clip: { rule: 'agc', max_norm: 1 } }, 'clip.rule', /"agc" is not valid/],
    ['AMSGrad', { optimizer: { name: 'adam', amsgrad: true } }, 'optimizer.amsgrad', /valid is false/],
    ['an unknown option', { optimizer: { name: 'sgd', lr: 1, fused: true } }, 'optimizer.fused', /unknown field/],
    ['Nesterov without momentum', { optimizer: { name: 'sgd', lr: 1, nesterov: true } }, 'optimizer.nesterov', /needs momentum/],
    ['a path as tensor file', { tensors: '../x.safetensors' }, 'tensors', /the name of a file in the same folder/],
  ])('%s', (_, change, path, problem) => {
    const parse = () => parseCase({ ...document(), ...change }, 'c.json');
    expect(parse).toThrow(ConfigError);
    expect(parse).toThrow(problem);
    expect(parse).toThrow(`c.json, ${path}: `);
  });
  test('a bias in front of batch norm', () => {
    const bn = document('mlp_bn_relu');
    const model = { ...bn.model, bias: { hidden: true, output: true } };
    expect(() => parseCase({ ...bn, model }, 'c')).toThrow('model.bias.hidden: true with norm "batch" cannot be compared');
  });
  test.each([null, 5, 'x', [], {}])('a document that is %j', (value) => {
    expect(() => parseCase(value, 'c')).toThrow(ConfigError);
  });
});

describe('tensors that do not fit the model', () => {
  test.each<[string, object, RegExp]>([
    [
      'a layer more',
      { model: { ...document().model, sizes: [10, 24, 24, 24, 24, 5] } },
      /tensor "param\.l3\.weight" is float32 \[5,24\]; the model needs float32 \[24,24\]/,
    ],
    ['labels for a regression', { loss_function: 'mse' }, /tensor "input\.y" is int32 \[8\]; the model needs float32 \[8,5\]/],
    [
      'fewer classes than labels',
      { model: { ...document().model, sizes: [10, 24, 24, 24, 2] } },
      /label \d of row \d is none of the classes 0 to 1/,
    ],
  ])('%s', (_, change, problem) => {
    expect(() => readCase(parseCase({ ...document(), ...change }, 'c'), tensors(), 'f')).toThrow(problem);
  });
  test('an intermediate without its tensor', async () => {
    const engine = await openEngine('cpu', undefined, 'refuse');
    const given = readCase(parseCase(document(), 'c'), tensors(), 'f');
    const without = new Map([...given.tensors].filter(([name]) => name !== 'dact.z1'));
    await expect(auditCase(engine, { ...given, tensors: without }, 'f')).rejects.toThrow('f: there is no tensor "dact.z1"');
  });
});
