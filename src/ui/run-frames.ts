/** Frames, words and tables of what the chart of norms can show. */
import { formatPercent } from '../metrics/format.ts';
import type { Trace } from '../metrics/trace.ts';
import type { Experiment } from '../model/schema.ts';
import { type ChartView, frame, type Line, normFrame, remarkOf, SHARE_AXIS, styleAmong } from './chart-data.ts';
import { clippedShare } from './derived.ts';
import type { Frame } from './frame.ts';
import { hasClipping, isMeasured, RUN_QUANTITY, type RunQuantity, runPosition, usualRatio } from './run-quantity.ts';
import { runName } from './runs.ts';

/** Undefined where no run has it. */
export function runFrame(state: ChartView, traces: readonly Trace[], quantity: RunQuantity): Frame | undefined {
  if (quantity === 'norm') return normFrame(state, traces);
  const isShown = traces.map((trace, r) => isMeasured(quantity, trace, state.experiments[r]));
  if (!isShown.includes(true)) return undefined;
  const { scale, values } = RUN_QUANTITY[quantity];
  const position = runPosition(quantity);
  const lines = traces.map((trace, r): Line => {
    const own = isShown[r] ? values(trace) : [];
    return { run: r, style: styleAmong(traces, r), values: own, position, ...(scale === 'log' && { remark: remarkOf(trace) }) };
  });
  const levels = quantity === 'updateRatio' ? [usualRatio()] : [];
  return frame(state, traces, lines, { y: scale === 'log' ? 'log' : SHARE_AXIS, levels: () => levels });
}

/** Why there is nothing to see of a quantity. */
export const NOT_CLIPPED = 'No run clips by the global norm: clipping of elements, tensors or units is not counted by iteration.';

/** `dotted: clipped, A 100 %, B 12.5 %`; of many runs from the smallest to the largest. */
export function runUnit(experiments: readonly Experiment[], traces: readonly Trace[], quantity: RunQuantity): string {
  const { unit } = RUN_QUANTITY[quantity];
  if (quantity !== 'norm') return unit;
  const shares = traces.flatMap((trace, r) => {
    if (trace.length === 0 || !hasClipping(trace, experiments[r])) return [];
    return [{ r, share: clippedShare.of(trace)[trace.length - 1] }];
  });
  if (shares.length === 0) return unit;
  const run = (r: number) => (traces.length > 1 ? `${runName(r)} ` : '');
  const all = shares.map(({ share }) => share);
  const words =
    shares.length <= 2
      ? shares.map(({ r, share }) => `${run(r)}${shareWords(share)}`).join(', ')
      : `${shareWords(Math.min(...all))} to ${shareWords(Math.max(...all))}`;
  return `dotted: clipped, ${words}`;
}

/** Without the decimal that says nothing. */
function shareWords(share: number): string {
  return formatPercent(share).replace('.0 %', ' %');
}
