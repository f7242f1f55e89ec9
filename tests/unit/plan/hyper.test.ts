import { describe, expect, test } from 'vitest';
import { parseExperiment } from '../../../src/model/experiment.ts';
import type { ExperimentInput } from '../../../src/model/schema.ts';
import { hyperWords } from '../../../src/plan/hyper.ts';
import { HYPER } from '../../../src/plan/records.ts';
import { isRetune, planKey } from '../../../src/sweep/plan-key.ts';

const wordOf = (input: ExperimentInput, word: keyof typeof HYPER) => hyperWords(parseExperiment(input))[HYPER[word]];

describe('the factor on residual branches', () => {
  const residual = (more: object): ExperimentInput => ({ model: { kind: 'residual_mlp', blocks: 9, ...more } });
  test('is the one given, divided by √blocks where it is by depth', () => {
    expect(wordOf(residual({}), 'branch_scale')).toBe(1);
    expect(wordOf(residual({ branchScale: 0.75 }), 'branch_scale')).toBe(0.75);
    expect(wordOf(residual({ branchScale: 0.75, branchScaleByDepth: true }), 'branch_scale')).toBe(0.25);
  });

  test("is a replica's own: another one shares the plan, none at all does not, and neither changes during a run", () => {
    const [none, half, third] = [1, 0.5, 0.3].map((branchScale) => parseExperiment(residual({ branchScale })));
    const byDepth = parseExperiment(residual({ branchScaleByDepth: true }));
    expect(planKey(half)).toBe(planKey(third));
    expect(planKey(half)).toBe(planKey(byDepth));
    expect(planKey(half)).not.toBe(planKey(none));
    expect(isRetune(half, third)).toBe(false);
    expect(isRetune(half, half)).toBe(true);
  });
});
