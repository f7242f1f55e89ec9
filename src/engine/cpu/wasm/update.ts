/** The update rules in WebAssembly: one call for each run of cells that belong to one replica. */
import { bitsFloat } from '../../../math/norm-pair.ts';
import type { Views } from '../../../plan/kernels.ts';
import { CLIP_RULE, CONTROL, CONTROL_WORDS, HYPER, HYPER_WORDS, STATUS, STATUS_WORDS } from '../../../plan/records.ts';
import type { Twins } from '../twin.ts';
import { decayOf } from '../twins/optimizer.ts';
import type { KernelExports } from './module.ts';

/** Bytes of a cell of 16 parameters, and of its pair. */
const CELL_BYTES = 64;
const PAIR_BYTES = 8;

type UpdateViews = Views<'adam_update'>;

/** Cells of one replica: byte addresses and how its gradient is clipped. */
interface Run {
  readonly r: number;
  /** Bytes from the start of W, dW or state. */
  readonly at: number;
  readonly W: number;
  readonly dW: number;
  readonly state: number;
  readonly partial: number;
  readonly partialChange: number;
  readonly cells: number;
  readonly byValue: number;
  readonly max: number;
  readonly scale: number;
}

/** Walks the runs; `update` is called for those whose update is applied, the others keep their parameters. */
function forRuns(wasm: KernelExports, scratch: number, views: UpdateViews, cells: number, update: (run: Run) => void): void {
  const { W, dW, owner, control, hyper, partial, state } = views;
  for (let first = 0; first < cells; ) {
    const r = owner[first];
    let end = first + 1;
    while (end < cells && owner[end] === r) end++;
    const c = r * CONTROL_WORDS;
    const at = first * CELL_BYTES;
    const run = {
      r,
      at,
      W: W.byteOffset + at,
      dW: dW.byteOffset + at,
      state: state.byteOffset + at,
      partial: partial.byteOffset + first * PAIR_BYTES,
      partialChange: partial.byteOffset + (cells + first) * PAIR_BYTES,
      cells: end - first,
      byValue: Number(wordOf(hyper, r * HYPER_WORDS + HYPER.clip_rule) === CLIP_RULE.value),
      max: hyper[r * HYPER_WORDS + HYPER.clip_max],
      scale: bitsFloat(control[c + CONTROL.scale]) * bitsFloat(control[c + CONTROL.power]),
    };
    if (control[c + CONTROL.apply] !== 0) update(run);
    else wasm.no_update(run.W, run.partial, run.partialChange, scratch, run.cells);
    first = end;
  }
}

/** A word of a float32 record that holds an integer. */
function wordOf(record: Float32Array, n: number): number {
  return new Uint32Array(record.buffer, record.byteOffset + 4 * n, 1)[0];
}

/** @param scratch byte address of 2 KiB */
export function updateKernels(wasm: KernelExports, scratch: number): Twins<'sgd_update' | 'adam_update' | 'rmsprop_update'> {
  return {
    sgd_update(views, { CELLS }) {
      const { hyper, control, status } = views;
      forRuns(wasm, scratch, views, CELLS, (run) => {
        const h = run.r * HYPER_WORDS;
        const rate = bitsFloat(control[run.r * CONTROL_WORDS + CONTROL.learning_rate]);
        const { l2, shrink } = decayOf(hyper, h, rate);
        wasm.sgd_update(
          run.W,
          run.dW,
          run.state,
          run.partial,
          run.partialChange,
          scratch,
          run.cells,
          run.byValue,
          run.max,
          run.scale,
          rate,
          l2,
          shrink,
          hyper[h + HYPER.momentum],
          1 - hyper[h + HYPER.dampening],
          hyper[h + HYPER.nesterov],
          Number(status[run.r * STATUS_WORDS + STATUS.updates] === 0),
        );
      });
    },

    adam_update(views, { CELLS }) {
      const { hyper, control } = views;
      forRuns(wasm, scratch, views, CELLS, (run) => {
        const h = run.r * HYPER_WORDS;
        const rate = bitsFloat(control[run.r * CONTROL_WORDS + CONTROL.learning_rate]);
        const { l2, shrink } = decayOf(hyper, h, rate);
        const correction = (word: number) => bitsFloat(control[run.r * CONTROL_WORDS + word]);
        wasm.adam_update(
          run.W,
          run.dW,
          run.state,
          CELLS * CELL_BYTES,
          run.partial,
          run.partialChange,
          scratch,
          run.cells,
          run.byValue,
          run.max,
          run.scale,
          l2,
          shrink,
          hyper[h + HYPER.beta1],
          hyper[h + HYPER.one_minus_beta1],
          hyper[h + HYPER.beta2],
          hyper[h + HYPER.one_minus_beta2],
          hyper[h + HYPER.epsilon],
          rate / correction(CONTROL.correction1),
          Math.sqrt(correction(CONTROL.correction2)),
        );
      });
    },

    rmsprop_update(views, { CELLS }) {
      const { hyper, control } = views;
      forRuns(wasm, scratch, views, CELLS, (run) => {
        const h = run.r * HYPER_WORDS;
        const rate = bitsFloat(control[run.r * CONTROL_WORDS + CONTROL.learning_rate]);
        const { l2, shrink } = decayOf(hyper, h, rate);
        wasm.rmsprop_update(
          run.W,
          run.dW,
          run.state,
          CELLS * CELL_BYTES,
          run.partial,
          run.partialChange,
          scratch,
          run.cells,
          run.byValue,
          run.max,
          run.scale,
          rate,
          l2,
          shrink,
          hyper[h + HYPER.alpha],
          hyper[h + HYPER.one_minus_alpha],
          hyper[h + HYPER.momentum],
          hyper[h + HYPER.epsilon],
          hyper[h + HYPER.centered],
        );
      });
    },
  };
}
