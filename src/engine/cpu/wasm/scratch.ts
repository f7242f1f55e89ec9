/** Memory that kernels use while they run. */
import type { Plan } from '../../../plan/plan.ts';
import { four } from '../twin.ts';
import { walkWords } from './recurrent.ts';
import { normedWords } from './recurrent-norm.ts';

/** Numbers of a panel of 8 columns of a product of `k` terms. */
export const panelWords = (k: number) => 8 * (k + 4);

/** Numbers that a plan's kernels need: a panel of the longest sum and a row; a walk's panels; a block of parameter changes. */
export function scratchWords({ iteration, evaluation }: Pick<Plan, 'iteration' | 'evaluation'>): number {
  let most = 512;
  for (const { kernel, constants } of [...iteration, ...evaluation]) {
    if (kernel === 'recurrent_forward' || kernel === 'recurrent_backward') most = Math.max(most, walkWords(constants));
    if (kernel === 'recurrent_norm_forward' || kernel === 'recurrent_norm_backward')
      most = Math.max(most, normedWords(constants));
    // A step's constants name every dimension.
    const { B = 0, I = 0, O = 0 } = constants as Partial<Record<'B' | 'I' | 'O', number>>;
    const longest = Math.max(B, I, O);
    most = Math.max(most, panelWords(longest) + four(longest));
  }
  return most;
}
