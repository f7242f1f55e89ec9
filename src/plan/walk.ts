/** Walks along sequences: how they are shared out, and cut into dispatches that stay short. */
import { GATES, type RecurrenceOp } from '../model/recurrent-network.ts';
import { activationCode, type Builder, step, tiles } from './builder.ts';
import { type AnyStep, pieceName } from './plan.ts';
import { sequenceWords } from './records.ts';

/** The constant CELL. */
export const CELL_CODE = { rnn: 0, lstm: 1, gru: 2 } as const;

/** Invocations of a workgroup that walks: each owns 4 examples and 4 units. */
export const LANES = 64;
/** Units from which a workgroup no longer walks alone: its reads of the weights would take longer than a dispatch a step. */
const MOST_UNITS_WALKED = 256;
/**
 * Floating-point operations of one dispatch: of a workgroup, which a slow device does at 20 GFLOP/s, and of all, at ten times that,
 * so that either takes a tenth of a second, below the 0.25 s that a dispatch may take.
 */
const MOST_WORKGROUP_FLOP = 2e9;
const MOST_FLOP = 2e10;

/** How a walk is shared out. */
export interface Walk {
  /** Tiles of 4 examples and of 4 units that a workgroup owns. */
  readonly rowTiles: number;
  readonly unitTiles: number;
  /** Workgroups across units and across examples. */
  readonly across: readonly [number, number];
  /** Steps of a dispatch, and dispatches. */
  readonly steps: number;
  readonly dispatches: number;
}

/**
 * @param replicas of the dispatch
 * @param isExtended whether states and gradients have exponents
 */
export function walkOf({ cell, hidden, steps }: RecurrenceOp, batchSize: number, replicas: number, isExtended = false): Walk {
  const units = tiles(hidden);
  // In an extended range one workgroup finds the peak of a step of all examples and units.
  const isShared = hidden > MOST_UNITS_WALKED && !isExtended;
  const unitTiles = isShared ? LANES : units;
  const rowTiles = isExtended ? tiles(batchSize) : Math.min(tiles(batchSize), Math.max(1, Math.floor(LANES / unitTiles)));
  const across = [Math.ceil(units / unitTiles), Math.ceil(tiles(batchSize) / rowTiles)] as const;
  const flop = 2 * 4 * rowTiles * hidden * GATES[cell].length * hidden;
  const most = Math.min(MOST_WORKGROUP_FLOP / flop, MOST_FLOP / (flop * across[1] * replicas));
  const each = isShared ? 1 : Math.min(steps, Math.max(1, Math.floor(most)));
  return { rowTiles, unitTiles, across, steps: each, dispatches: Math.ceil(steps / each) };
}

/** What all steps of a layer's walk have in common. */
export function walkConstants({ cell, activation, hidden, steps }: RecurrenceOp, batchSize: number, walk: Walk) {
  return {
    B: batchSize,
    T: steps,
    H: hidden,
    CELL: CELL_CODE[cell],
    ACT: activationCode(activation),
    STEPS: walk.steps,
    ROW_TILES: walk.rowTiles,
    UNIT_TILES: walk.unitTiles,
    SEQ: sequenceWords(batchSize),
  };
}

/** The dispatches of a walk, each of these parts one after another, with the clock set between them. */
export function walked(builder: Builder, walk: Walk, parts: readonly AnyStep[], direction: 1 | -1): AnyStep[] {
  const { dispatches, steps } = walk;
  const last = (dispatches - 1) * steps;
  const clock = (delta: number) => (delta === 0 ? [] : [clockStep(builder, delta)]);
  const all = Array.from({ length: dispatches }, (_, k) => {
    const pieces = parts.map((part) => ({ ...part, label: pieceName(part.label, k) }));
    return k === 0 ? pieces : [...clock(direction * steps), ...pieces];
  }).flat();
  // Every walk finds the clock at 0 and leaves it there.
  return direction > 0 ? [...all, ...clock(-last)] : [...clock(last), ...all];
}

function clockStep(builder: Builder, delta: number): AnyStep {
  const constants = { R: builder.replicas, DELTA: delta, SEQ: sequenceWords(builder.batchSize) };
  return step('advance_clock', 'clock', constants, { sequence: builder.tensor('sequence') }, [builder.replicas, 1, 1]);
}

export function gridOf({ across }: Walk, replicas: number): readonly [number, number, number] {
  return [LANES * across[0], across[1], replicas];
}
