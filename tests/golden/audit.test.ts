/** Golden cases on the CPU engine, and controls: whatever is changed in a case is found and named. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Audit, auditCase } from '../../src/audit/audit.ts';
import { type Case, parseCase, readCase } from '../../src/audit/case.ts';
import { openEngine } from '../../src/engine/open.ts';
import { RANGES } from '../../src/model/schema.ts';

const FOLDER = 'tests/golden/cases';
const NAMES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.replace('.json', ''));
const BOTH = NAMES.flatMap((name) => RANGES.map((range) => [name, range] as const));
const engine = await openEngine('cpu', undefined, 'refuse');

function load(name: string): Case {
  const document = parseCase(JSON.parse(readFileSync(`${FOLDER}/${name}.json`, 'utf8')), name);
  return readCase(document, new Uint8Array(readFileSync(`${FOLDER}/${document.tensors}`)), document.tensors);
}

const failures = ({ quantities }: Audit) => quantities.filter(({ passed }) => !passed);

test('nine cases are here', () => {
  expect(NAMES).toHaveLength(9);
});

test.each(BOTH)('%s is PyTorch’s on the CPU engine, range %s', async (name, range) => {
  const audit = await auditCase(engine, load(name), name, range);
  expect(failures(audit)).toEqual([]);
  expect(audit.passed).toBe(true);
  expect(audit.quantities).toHaveLength(9);
  expect(audit.quantities.every(({ compared }) => compared > 0)).toBe(true);
});

describe('control', () => {
  /** The case with one of its float tensors scaled. */
  function tamper(given: Case, tensor: string, factor: number): Case {
    const stored = given.tensors.get(tensor);
    if (!stored) throw new Error(`no tensor ${tensor}`);
    const data = Float32Array.from(stored.data, (value) => value * factor);
    return { ...given, tensors: new Map([...given.tensors, [tensor, { ...stored, data }]]) };
  }

  test.each([
    ['dL/dparameter', 'grad.l1.weight'],
    ['dL/dactivation', 'dact.z2'],
    ['parameters after 3', 'after3.l3.bias'],
  ])('%s off by 1e-3 in %s is found, alone', async (quantity, tensor) => {
    const audit = await auditCase(engine, tamper(load('mlp_relu_ce'), tensor, 1.001), 'tampered');
    expect(audit.passed).toBe(false);
    expect(failures(audit)).toMatchObject([{ quantity, where: tensor }]);
  });

  test('a NaN is found', async () => {
    const audit = await auditCase(engine, tamper(load('mlp_tanh'), 'grad.l0.bias', Number.NaN), 'tampered');
    expect(failures(audit)).toMatchObject([{ quantity: 'dL/dparameter', where: 'grad.l0.bias' }]);
  });

  test.each([
    ['loss', (expected: Case['document']['expected']) => scale(expected.loss, 1), 'loss[1]'],
    ['loss after 3', (expected: Case['document']['expected']) => scale(expected, 'loss_after3'), 'loss_after3'],
    ['global norm', (expected: Case['document']['expected']) => scale(expected.global_grad_norm, 2), 'global_grad_norm[2]'],
    ['clip coefficient', (expected: Case['document']['expected']) => scale(expected.clip_coef, 0), 'clip_coef[0]'],
    [
      'norm of dL/dparameter',
      (expected: Case['document']['expected']) => scale(expected.tensor_grad_norm, 'l2.weight'),
      'tensor_grad_norm.l2.weight',
    ],
    ['norm of dL/dactivation', (expected: Case['document']['expected']) => scale(expected.dact_norm, 'z3'), 'dact_norm.z3'],
  ] as const)('%s off by 1e-4 is found, alone', async (quantity, change, where) => {
    const given = load('mlp_relu_ce');
    change(given.document.expected);
    expect(failures(await auditCase(engine, given, 'tampered'))).toMatchObject([{ quantity, where }]);
  });

  function scale(target: object, key: string | number): void {
    const numbers = target as Record<string | number, number>;
    numbers[key] *= 1.0001;
  }

  test.each([
    ['another learning rate', { name: 'sgd', lr: 0.051, momentum: 0.9 }],
    ['no momentum', { name: 'sgd', lr: 0.05 }],
    ['another optimizer', { name: 'rmsprop', lr: 0.05 }],
  ])('%s shows in the parameters', async (_, optimizer) => {
    const document = JSON.parse(readFileSync(`${FOLDER}/mlp_relu_ce.json`, 'utf8'));
    const given = readCase(
      parseCase({ ...document, optimizer }, 'changed'),
      new Uint8Array(readFileSync(`${FOLDER}/mlp_relu_ce.safetensors`)),
      'changed',
    );
    const quantities = failures(await auditCase(engine, given, 'changed')).map(({ quantity }) => quantity);
    expect(quantities).toContain('parameters after 3');
    expect(quantities).not.toContain('dL/dparameter');
  });
});
