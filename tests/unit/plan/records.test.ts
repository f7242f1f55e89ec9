import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ENDINGS, SCALARS } from '../../../src/metrics/block.ts';
import { SCHEDULES } from '../../../src/model/schedule.ts';
import { ACTIVATIONS } from '../../../src/model/schema.ts';
import { activationCode } from '../../../src/plan/builder.ts';
import {
  CLIP_RULE,
  CONTROL,
  CONTROL_WORDS,
  HYPER,
  HYPER_WORDS,
  NO_LABEL,
  POLICY,
  SEQUENCE,
  SHAPE,
  SHAPE_WORDS,
  STATUS,
  STATUS_WORDS,
} from '../../../src/plan/records.ts';

/** `const NAME = 12u;` of a WGSL file. */
function constantsOf(text: string): Record<string, number> {
  const found = text.matchAll(/^const (\w+) = (0x[0-9a-f]+|\d+)u;/gm);
  return Object.fromEntries([...found].map(([, name, value]) => [name, Number(value)]));
}

function prefixed(prefix: string, offsets: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(offsets).map(([name, value]) => [`${prefix}_${name.toUpperCase()}`, value]));
}

describe('shaders/lib/hyper.wgsl and codes.wgsl', () => {
  test('has the numbers of src/plan/records.ts, and no others', () => {
    const constants = constantsOf(['hyper', 'codes'].map((name) => readFileSync(`shaders/lib/${name}.wgsl`, 'utf8')).join(''));
    const { CLIP_TORCH, CLIP_TENSORFLOW, CLIP_VALUE, CLIP_PER_TENSOR, CLIP_ADAPTIVE, POLICY_SKIP, POLICY_STOP, ...others } =
      constants;
    const isEnd = (name: string) => name.startsWith('END_');
    const isSchedule = (name: string) => name.startsWith('SCHEDULE_');
    const offsets = Object.fromEntries(Object.entries(others).filter(([name]) => !isEnd(name) && !isSchedule(name)));
    expect(offsets).toEqual({
      HYPER_WORDS,
      STATUS_WORDS,
      CONTROL_WORDS,
      SHAPE_WORDS,
      ...prefixed('H', HYPER),
      ...prefixed('S', STATUS),
      ...prefixed('C', CONTROL),
      ...prefixed('P', SHAPE),
    });
    expect(Object.fromEntries(Object.entries(others).filter(([name]) => isSchedule(name)))).toEqual({
      SCHEDULE_STEP: SCHEDULES.indexOf('step'),
      SCHEDULE_COSINE: SCHEDULES.indexOf('cosine'),
      SCHEDULE_ONE_CYCLE: SCHEDULES.indexOf('one_cycle'),
    });
    const endings = Object.fromEntries(Object.entries(others).filter(([name]) => isEnd(name)));
    expect(endings).toEqual({
      END_ITERATIONS: ENDINGS.indexOf('iterations'),
      END_POLICY: ENDINGS.indexOf('policy'),
      END_WEIGHTS: ENDINGS.indexOf('weights_not_finite'),
      END_LOSS_REACHED: ENDINGS.indexOf('loss_reached'),
      END_LOSS_ROSE: ENDINGS.indexOf('loss_rose'),
      END_PLATEAU: ENDINGS.indexOf('plateau'),
    });
    expect({ CLIP_TORCH, CLIP_TENSORFLOW, CLIP_VALUE, CLIP_PER_TENSOR, CLIP_ADAPTIVE }).toEqual({
      CLIP_TORCH: CLIP_RULE.torch_norm,
      CLIP_TENSORFLOW: CLIP_RULE.tensorflow_global_norm,
      CLIP_VALUE: CLIP_RULE.value,
      CLIP_PER_TENSOR: CLIP_RULE.torch_norm_per_tensor,
      CLIP_ADAPTIVE: CLIP_RULE.adaptive,
    });
    expect({ POLICY_SKIP, POLICY_STOP }).toEqual({ POLICY_SKIP: POLICY.skip, POLICY_STOP: POLICY.stop });
  });

  test('control: a constant with another value is seen', () => {
    expect(constantsOf('const H_MOMENTUM = 3u;\nconst NO_LABEL = 0xffffffffu;')).toEqual({ H_MOMENTUM: 3, NO_LABEL: 0xffffffff });
  });

  test('offsets are distinct and inside their records', () => {
    for (const [offsets, words] of [
      [HYPER, HYPER_WORDS],
      [STATUS, STATUS_WORDS],
      [CONTROL, CONTROL_WORDS],
      [SHAPE, SHAPE_WORDS],
    ] as const) {
      const list = Object.values(offsets);
      expect(new Set(list).size).toBe(list.length);
      expect(Math.max(...list)).toBeLessThan(words);
    }
  });
});

test('shaders/lib/sequence.wgsl has the numbers of src/plan/records.ts, and no others', () => {
  expect(constantsOf(readFileSync('shaders/lib/sequence.wgsl', 'utf8'))).toEqual(prefixed('Q', SEQUENCE));
});

test('every shader that knows NO_LABEL has the same', () => {
  for (const file of ['data/draw_batch', 'loss/softmax_cross_entropy', 'loss/mean_squared_error']) {
    expect(constantsOf(readFileSync(`shaders/${file}.wgsl`, 'utf8')).NO_LABEL).toBe(NO_LABEL);
  }
});

describe('shaders/lib/activation.wgsl', () => {
  const text = readFileSync('shaders/lib/activation.wgsl', 'utf8');
  /** Expression behind `ACT == n` in a function; 0, the identity, stands behind none. */
  const branches = (name: string): Map<number, string> => {
    const body = text.slice(text.indexOf(`fn ${name}(`)).split('\n}\n')[0];
    const found = body.matchAll(/if \(ACT == (\d+)\) \{([^}]*)\}/g);
    return new Map([...found].map(([, act, code]) => [Number(act), code]));
  };
  // A word of each formula that no other one has.
  const MARKS: Readonly<Record<string, string>> = {
    relu: 'select(z, 0.0',
    leaky_relu: 'LEAKY_SLOPE',
    tanh: 'tanh_accurate',
    sigmoid: ' return sigmoid(z)',
    gelu: 'normal_cdf',
    gelu_tanh: 'gelu_tanh_inner',
    silu: 'z * sigmoid(z)',
    selu: 'SELU_SCALE',
    softplus: 'log1p_unit',
  };

  test('numbers the activations in the order of ACTIVATIONS', () => {
    expect(ACTIVATIONS.map(activationCode)).toEqual([...ACTIVATIONS.keys()]);
    expect(activationCode(undefined)).toBe(-1);
    const phi = branches('phi_finite');
    ACTIVATIONS.slice(1).forEach((name, i) => {
      expect(phi.get(i + 1), name).toContain(MARKS[name]);
    });
  });

  test('has a branch for every one of them, in phi and in its derivative', () => {
    const codes = ACTIVATIONS.slice(1).map((_, i) => i + 1);
    expect([...branches('phi_finite').keys()]).toEqual(codes);
    // gelu_tanh's stands over several lines, and is found all the same.
    expect([...branches('dphi_finite').keys()]).toEqual(codes);
  });
});

test('record_iteration writes as many words as there are scalars', () => {
  const text = readFileSync('shaders/probe/record_iteration.wgsl', 'utf8');
  expect(text.match(/^ {2}ring\[at/gm)).toHaveLength(SCALARS.length);
  expect(text).toContain(`% RING * R + r) * ${SCALARS.length}u`);
});
