/** Steps that clip the gradients of single parameters or units in place, for the clip rules that do. */
import type { Clip } from '../model/schema.ts';
import { type Builder, step } from './builder.ts';
import { CELL, type Measured, type Tables } from './measure.ts';
import type { AnyStep } from './plan.ts';

/** What a plan does besides the clipping that its update rule contains; each step leaves replicas with another rule alone. */
export type ClipStep = 'per_tensor' | 'adaptive' | 'adaptive_with_output';

export function clipStepOf(clip: Clip): ClipStep | undefined {
  if (clip.rule === 'torch_norm_per_tensor') return 'per_tensor';
  if (clip.rule !== 'adaptive') return undefined;
  return clip.exceptOutput ? 'adaptive' : 'adaptive_with_output';
}

/** A cell whose numbers belong to no parameter. */
const NO_ENTRY = 0xffffffff;

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
  return [...new Set(kinds)].map((kind) => {
    if (kind === 'per_tensor') return perTensor(builder, measured, tables);
    return adaptive(builder, kind === 'adaptive' ? inner : parameters, tables);
  });
}

function perTensor(builder: Builder, measured: readonly Measured[], tables: Tables): AnyStep {
  const { memory } = builder;
  const cells = memory.wordsOf('param') / CELL;
  const norms = builder.tensor('norms');
  const entries = new Uint32Array(cells).fill(NO_ENTRY);
  // Norms lie replica by replica, in the order of what is measured of each.
  let entry = 0;
  for (const { group, z, d, parameters, units } of measured) {
    for (let r = group.first; r < group.first + group.count; r++) {
      entry += z.length + d.length;
      for (const name of parameters) {
        const { offset, replicaStride } = builder.tensor(name);
        entries.fill(entry, (offset + r * replicaStride) / CELL, (offset + (r + 1) * replicaStride) / CELL);
        entry++;
      }
      entry += units.length;
    }
  }
  tables.set('norm_entries', entries);
  const table = memory.tensor('norm_entries', { name: 'norm_entries', type: 'u32', replicas: 1, rows: 1, columns: cells });
  return step(
    'clip_per_tensor',
    'clipping by tensor',
    { CELLS: cells, NORM_WORDS: norms.columns },
    {
      dW: memory.whole('grad'),
      owner: builder.tensor('owner'),
      entries: table,
      norms,
      control: builder.tensor('control'),
      hyper: builder.tensor('hyper'),
    },
    [cells, 1, 1],
  );
}

function adaptive(builder: Builder, parameters: readonly string[], tables: Tables): AnyStep {
  const { memory } = builder;
  const rows = parameters.flatMap((name) => {
    const { offset, rows: height, rowStride, replicaStride, replicas } = builder.tensor(name);
    return Array.from({ length: replicas }, (_, r) => {
      const first = (offset + r * replicaStride) / 4;
      // Vectors alone have no padding rows.
      if (replicaStride === rowStride) return [first, rowStride / 4, 0, r];
      return Array.from({ length: rowStride / 4 }, (_, column) => [first + column, height, rowStride / 4, r]).flat();
    }).flat();
  });
  const count = rows.length / 4;
  tables.set('clip_units', Uint32Array.from(rows));
  const units = memory.tensor('clip_units', { name: 'clip_units', type: 'u32', replicas: 1, rows: count, columns: 4 });
  const [W, dW] = [memory.whole('param'), memory.whole('grad')];
  const bindings = { W, dW, units, control: builder.tensor('control'), hyper: builder.tensor('hyper') };
  return step('clip_adaptive', 'adaptive clipping', { UNITS: count }, bindings, [count, 1, 1]);
}
