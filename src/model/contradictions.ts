/** Fields of an experiment that are valid one by one and make no sense together. */
import type { Problem } from './errors.ts';
import type { Experiment, Init } from './schema.ts';

/** Of norms, their place, and the forms of residual blocks. */
export function modelProblems({ model, batchSize }: Experiment): Problem[] {
  const problems: Problem[] = [];
  const hasNorm = model.kind === 'mlp' || model.form !== 'plain';
  if (hasNorm && model.norm === 'batch' && batchSize < 2) {
    problems.push({
      path: 'batchSize',
      problem: `${batchSize} has no batch variance; with model.norm "batch" valid is 2 or more`,
    });
  }
  if (model.kind === 'mlp') {
    if (model.norm === 'none' && model.normPlacement !== 'before') {
      problems.push({ path: 'model.normPlacement', problem: '"after" places a norm and model.norm is "none"; leave it out' });
    }
    return problems;
  }
  if (!hasNorm && model.norm !== 'layer') {
    problems.push({
      path: 'model.norm',
      problem: `"${model.norm}" has no place in form "plain", which has no norm; leave it out`,
    });
  }
  if (!hasNorm && model.finalNorm) {
    problems.push({ path: 'model.finalNorm', problem: 'true adds a norm and form "plain" has none; valid is false' });
  }
  if (model.branch === 'one_layer' && model.inner !== 64) {
    problems.push({
      path: 'model.inner',
      problem: `${model.inner} units have no place in branch "one_layer", whose only Linear is as wide as the stream; leave it out`,
    });
  }
  return problems;
}

/** Of the initial weights. */
export function initProblems({ model }: Experiment): Problem[] {
  const init: Init = model.init;
  if (init.scheme === 'scaled_normal') return [];
  const given = [
    init.weightVariance !== 1 && 'weightVariance',
    init.biasVariance !== 0 && 'biasVariance',
    init.branchWeightVariance !== undefined && 'branchWeightVariance',
    init.branchBiasVariance !== undefined && 'branchBiasVariance',
  ].find((field) => field !== false);
  if (given === undefined) return [];
  const problem = `only scheme "scaled_normal" has it, the scheme is "${init.scheme}"; leave it out or change the scheme`;
  return [{ path: `model.init.${given}`, problem }];
}
