/** The probe of weights' gradients: histograms of their exponents, behind the rest of a replica's record. */
import { type Builder, step } from './builder.ts';
import type { Tables } from './measure.ts';
import { type Measured, normCount } from './measured.ts';
import { piecesOf } from './pieces.ts';
import { physicalName } from './placement.ts';
import { type AnyStep, pieceName } from './plan.ts';

/** First word in dW, rows, columns, row stride, columns of a block, number of the norm, replica, number of the weight in its record. */
export const MATRIX_WORDS = 8;
/** Invocations of the workgroup that owns a matrix. */
const LANES = 256;
/** Workgroups in a row of the grid. */
const ACROSS = 8192;

/** To run behind `norm_reduce`, which finds the gradients' exponents, and in front of what rescales or clips the gradients. */
export function histogramSteps(
  builder: Builder,
  measured: readonly Measured[],
  record: { readonly every: number; readonly slots: number; readonly words: number },
  tables: Tables,
): AnyStep[] {
  const rows = matricesOf(builder, measured);
  const { memory } = builder;
  return piecesOf(memory).flatMap(({ dW }, k) => {
    const own = rows.filter(({ buffer }) => buffer === dW.buffer).flatMap(({ words }) => words);
    const count = own.length / MATRIX_WORDS;
    if (count === 0) return [];
    const name = pieceName('histogram_matrices', k);
    tables.set(name, Uint32Array.from(own));
    const table = { name, type: 'u32', replicas: 1, rows: count, columns: MATRIX_WORDS } as const;
    const across = Math.min(count, ACROSS);
    const constants = { MATRICES: count, LAYER_WORDS: record.words, EVERY: record.every, SLOTS: record.slots };
    const bindings = {
      dW,
      matrices: memory.tensor('histogram_matrices', table),
      norms: builder.tensor('norms'),
      status: builder.tensor('status'),
      shapes: builder.tensor('shapes'),
      layers: builder.tensor('layers'),
    };
    const grid = [LANES * across, Math.ceil(count / across), 1] as const;
    return [step('gradient_histogram', pieceName('histograms', k), constants, bindings, grid)];
  });
}

/** Of every replica and weight, with the buffer that its gradient lies in. */
function matricesOf(builder: Builder, measured: readonly Measured[]) {
  let norms = 0;
  return measured.flatMap((each) => {
    const { group, z, d } = each;
    const { weightLayers } = group.network;
    return Array.from({ length: group.count }, (_, k) => {
      const r = group.first + k;
      const gradients = norms + z.length + d.length;
      norms += normCount(each);
      return weightLayers.map((name, l) => {
        const {
          buffer,
          offset,
          rows,
          columns,
          rowStride,
          replicaStride,
          blocks = 1,
        } = builder.tensor(physicalName(group, `grad.${name}`));
        const norm = gradients + group.parameters.indexOf(name);
        return { buffer, words: [offset + r * replicaStride, rows, columns, rowStride, columns / blocks, norm, r, l] };
      });
    }).flat();
  });
}
