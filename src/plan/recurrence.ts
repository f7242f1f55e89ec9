/** Steps of recurrent layers: walks along the sequences, cut into dispatches that stay short, and what is read out of the states. */
import type { Op } from '../model/network.ts';
import { cellState, GATES, type RecurrenceOp, recurrencesOf } from '../model/recurrent-network.ts';
import { activationCode, type Builder, step, tiles } from './builder.ts';
import type { PlacedOp } from './placement.ts';
import { type AnyStep, pieceName, type Range } from './plan.ts';
import { stepsName } from './range.ts';
import { sequenceWords } from './records.ts';

/** The constant CELL. */
export const CELL_CODE = { rnn: 0, lstm: 1, gru: 2 } as const;

/** Invocations of a workgroup that walks: each owns 4 examples and 4 units. */
const LANES = 64;
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

/** Reserves the states of a recurrent layer, their gradients, and what the backward pass needs to know. */
export function reserveRecurrence(builder: Builder, op: RecurrenceOp): void {
  const { cell, hidden, steps, output } = op;
  const gates = GATES[cell].length;
  const state = (role: string, name: string, features = hidden, blocks = 1) =>
    builder.activation(role, name, features, output, { steps, blocks });
  state('h', output);
  state('h_prev', `${output}.prev`);
  const cached = cell === 'rnn' ? 1 : gates + 1;
  state('cache', `${output}.cache`, cached * hidden, cached);
  state('dstate', `d${output}`);
  if (cell === 'lstm') state('dcell', `d${cellState(output)}`);
  if (cell === 'gru' || builder.ranges.isExtended) state('dgates', `${output}.dhh`, gates * hidden, gates);
  if (builder.ranges.isExtended) builder.ranges.reserveSteps(output, steps);
}

/** What all steps of a layer's walk have in common. */
function walkConstants({ cell, activation, hidden, steps }: RecurrenceOp, batchSize: number, walk: Walk) {
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

/** The dispatches of a walk with the clock set between them; `from` and `to` are the dispatches whose first steps it shows before and after. */
function walked(builder: Builder, walk: Walk, each: AnyStep, direction: 1 | -1): AnyStep[] {
  const { dispatches, steps } = walk;
  const last = (dispatches - 1) * steps;
  const clock = (delta: number) => (delta === 0 ? [] : [clockStep(builder, delta)]);
  const all = Array.from({ length: dispatches }, (_, k) => {
    const piece = { ...each, label: pieceName(each.label, k) };
    return k === 0 ? [piece] : [...clock(direction * steps), piece];
  }).flat();
  // Every walk finds the clock at 0 and leaves it there.
  return direction > 0 ? [...all, ...clock(-last)] : [...clock(last), ...all];
}

function clockStep(builder: Builder, delta: number): AnyStep {
  const constants = { R: builder.replicas, DELTA: delta, SEQ: sequenceWords(builder.batchSize) };
  return step('advance_clock', 'clock', constants, { sequence: builder.tensor('sequence') }, [builder.replicas, 1, 1]);
}

function gridOf({ across }: Walk, replicas: number): readonly [number, number, number] {
  return [LANES * across[0], across[1], replicas];
}

export function recurrenceForward(builder: Builder, { count: R }: PlacedOp, op: RecurrenceOp): AnyStep[] {
  const { memory, batchSize: B } = builder;
  const { name, input, output, bias } = op;
  const walk = walkOf(op, B, R, builder.ranges.isExtended);
  const { range, at } = builder.ranges.bind(7, { STEPS_AT: stepsName(output) });
  const each = step(
    'recurrent_forward',
    output,
    { ...walkConstants(op, B, walk), HAS_BIAS: Number(bias), ...at },
    {
      a: builder.tensor(input),
      W: builder.tensor(`${name}.weight`),
      bias: bias ? builder.tensor(`${name}.bias`) : memory.absent('read', 2),
      h: builder.tensor(output),
      h_prev: builder.tensor(`${output}.prev`),
      cache: builder.tensor(`${output}.cache`),
      sequence: builder.tensor('sequence'),
      range,
    },
    gridOf(walk, R),
  );
  return walked(builder, walk, each, 1);
}

/** The gradients of h W + bias, which are those of the input product but for the GRU; in an extended range a copy at exponents of its own. */
export function hiddenGradient(builder: Builder, { cell, input, output }: RecurrenceOp) {
  return builder.tensor(cell === 'gru' || builder.ranges.isExtended ? `${output}.dhh` : `d${input}`);
}

export function recurrenceBackward(builder: Builder, { count: R }: PlacedOp, op: RecurrenceOp): AnyStep[] {
  const { memory, batchSize: B } = builder;
  const { cell, name, input, output, truncation } = op;
  const walk = walkOf(op, B, R, builder.ranges.isExtended);
  const { range, at } = builder.ranges.bind(7, { STEPS_AT: stepsName(output) });
  const second: Range = {
    rnn: () => memory.absent('read_write', 5),
    lstm: () => builder.tensor(`d${cellState(output)}`),
    gru: () => hiddenGradient(builder, op),
  }[cell]();
  const each = step(
    'recurrent_backward',
    `d${output}`,
    { ...walkConstants(op, B, walk), TRUNCATION: truncation, ...at },
    {
      dh: builder.tensor(`d${output}`),
      W: builder.tensor(`${name}.weight`),
      cache: builder.tensor(`${output}.cache`),
      h_prev: builder.tensor(`${output}.prev`),
      da: builder.tensor(`d${input}`),
      second,
      sequence: builder.tensor('sequence'),
      range,
    },
    gridOf(walk, R),
  );
  return [...walked(builder, walk, each, -1), ...rescaleSteps(builder, R, op)];
}

/** In an extended range: the gradients of all steps brought to one exponent, so that products over all steps can be summed. */
function rescaleSteps(builder: Builder, replicas: number, op: RecurrenceOp): AnyStep[] {
  const { memory, ranges } = builder;
  if (!ranges.isExtended) return [];
  const { cell, input, output, steps } = op;
  const rescale = (name: string, copyOf: string | undefined, isProduct: boolean) => {
    const y = builder.tensor(name);
    const words = y.rowStride * builder.rows(1);
    const { range, at } = ranges.bind(3, { STEPS_AT: stepsName(output), Y_AT: name });
    const constants = { T: steps, WORDS: words, COPY: Number(copyOf !== undefined), PRODUCT: Number(isProduct) };
    const v = copyOf === undefined ? memory.absent('read_write', 0) : builder.tensor(copyOf);
    const bindings = { v, y, sequence: builder.tensor('sequence'), range };
    const grid = [words / 4, steps, replicas] as const;
    return step('rescale_steps', name, { ...constants, SEQ: sequenceWords(builder.batchSize), ...at }, bindings, grid);
  };
  const hidden = rescale(`${output}.dhh`, cell === 'gru' ? undefined : `d${input}`, true);
  return [hidden, rescale(`d${input}`, undefined, false)];
}

type ReadOut = Extract<Op, { op: 'read_out' }>;

function readOutConstants({ batchSize: B }: Builder, { features, steps, how }: ReadOut) {
  return { B, T: steps, H: features, MEAN: Number(how === 'mean'), SEQ: sequenceWords(B) };
}

export function readOutForward(builder: Builder, { count: R }: PlacedOp, op: ReadOut): AnyStep {
  const { range, at } = builder.ranges.bind(3, { STEPS_AT: stepsName(op.input), Y_AT: op.output });
  const bindings = { h: builder.tensor(op.input), y: builder.tensor(op.output), sequence: builder.tensor('sequence'), range };
  const grid = [tiles(op.features), 4 * tiles(builder.batchSize), R] as const;
  return step('read_out_forward', op.output, { ...readOutConstants(builder, op), ...at }, bindings, grid);
}

export function readOutBackward(builder: Builder, { count: R }: PlacedOp, op: ReadOut): AnyStep {
  const dh = builder.tensor(`d${op.input}`);
  const { range, at } = builder.ranges.bind(3, { STEPS_AT: stepsName(op.input), DY_AT: `d${op.output}` });
  const bindings = { dy: builder.tensor(`d${op.output}`), dh, sequence: builder.tensor('sequence'), range };
  const grid = [tiles(op.features), op.steps * tiles(builder.batchSize), R] as const;
  return step('read_out_backward', dh.name, { ...readOutConstants(builder, op), ...at }, bindings, grid);
}

/** The probe of the gates of all recurrent layers. */
export function gateSteps(builder: Builder, every: number): AnyStep[] {
  const { batchSize: B, replicas: R, placement } = builder;
  return recurrencesOf(placement.deepest).map((op, layer) => {
    const { cell, activation, hidden, steps, output } = op;
    const { range, at } = builder.ranges.bind(5, { STEPS_AT: stepsName(output) });
    const constants = {
      LAYER: layer,
      B,
      T: steps,
      H: hidden,
      CELL: CELL_CODE[cell],
      ACT: activationCode(activation),
      EVERY: every,
      SEQ: sequenceWords(B),
      ...at,
    };
    const bindings = {
      range,
      cache: builder.tensor(`${output}.cache`),
      norms: builder.tensor('norms'),
      status: builder.tensor('status'),
      shapes: builder.tensor('shapes'),
      sequence: builder.tensor('sequence'),
    };
    return step('gate_probe', `gates of ${output}`, constants, bindings, [LANES * steps, GATES[cell].length, R]);
  });
}
