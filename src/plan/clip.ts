/** Steps that clip the gradients of single parameters or units in place, for the clip rules that do. */
import type { Clip } from '../model/schema.ts';
import { type Builder, step } from './builder.ts';
import { cellNorms, type Tables } from './measure.ts';
import type { Measured } from './measured.ts';
import { piecesOf } from './pieces.ts';
import { type AnyStep, pieceName } from './plan.ts';

/** What a plan does besides the clipping that its update rule contains; each step leaves replicas with another rule alone. */
export type ClipStep = 'per_tensor' | 'adaptive' | 'adaptive_with_output';

export function clipStepOf(clip: Clip): ClipStep | undefined {
  if (clip.rule === 'torch_norm_per_tensor') return 'per_tensor';
  if (clip.rule !== 'adaptive') return undefined;
  return clip.exceptOutput ? 'adaptive' : 'adaptive_with_output';
}

/**
 * To run behind `clip_coefficient` and in front of the update.
 *
 * @param parameters the plan's names of all parameters
 * @param kinds one of the two adaptive ones at most, since both work on the replicas with that rule
 */
export function clipSteps(
  builder: Builder,
  measured: readonly Measured[],
  parameters: readonly string[],
  kinds: readonly ClipStep[],
  tables: Tables,
): AnyStep[] {
  const output = builder.placement.deepest.ops.flatMap((op) => (op.op === 'linear' ? [op.name] : [])).at(-1);
  const inner = parameters.filter((name) => name !== `${output}.weight` && name !== `${output}.bias`);
  return [...new Set(kinds)].flatMap((kind) => {
    if (kind === 'per_tensor') return perTensor(builder, measured, tables);
    return adaptive(builder, kind === 'adaptive' ? inner : parameters, tables);
  });
}

function perTensor(builder: Builder, measured: readonly Measured[], tables: Tables): AnyStep[] {
  const norms = builder.tensor('norms');
  const pieces = piecesOf(builder.memory);
  return cellNorms(builder, measured)
    .tensors('norm_entries', 'norm_entries', tables)
    .map((entries, k) => {
      const { dW, cells } = pieces[k];
      const owner = builder.tensor(pieceName('owner', k));
      const bindings = { dW, owner, entries, norms, control: builder.tensor('control'), hyper: builder.tensor('hyper') };
      const constants = { CELLS: cells, NORM_WORDS: norms.columns };
      return step('clip_per_tensor', pieceName('clipping by tensor', k), constants, bindings, [cells, 1, 1]);
    });
}

function adaptive(builder: Builder, parameters: readonly string[], tables: Tables): AnyStep[] {
  return piecesOf(builder.memory).flatMap(({ W, dW }, k) => {
    const rows = unitRows(
      builder,
      parameters.filter((name) => builder.tensor(name).buffer === W.buffer),
    );
    const count = rows.length / 4;
    if (count === 0) return [];
    const name = pieceName('clip_units', k);
    tables.set(name, Uint32Array.from(rows));
    const units = builder.memory.tensor('clip_units', { name, type: 'u32', replicas: 1, rows: count, columns: 4 });
    const bindings = { W, dW, units, control: builder.tensor('control'), hyper: builder.tensor('hyper') };
    return [step('clip_adaptive', pieceName('adaptive clipping', k), { UNITS: count }, bindings, [count, 1, 1])];
  });
}

/** What `clip_adaptive` reads of the units of these parameters, which lie in one buffer. */
function unitRows(builder: Builder, parameters: readonly string[]): number[] {
  return parameters.flatMap((name) => {
    const { offset, rows: height, rowStride, replicaStride, replicas } = builder.tensor(name);
    return Array.from({ length: replicas }, (_, r) => {
      const first = (offset + r * replicaStride) / 4;
      // Vectors alone have no padding rows.
      if (replicaStride === rowStride) return [first, rowStride / 4, 0, r];
      return Array.from({ length: rowStride / 4 }, (_, column) => [first + column, height, rowStride / 4, r]).flat();
    }).flat();
  });
}
