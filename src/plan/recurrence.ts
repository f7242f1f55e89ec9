/** Steps of recurrent layers: their walks along the sequences, and what is read out of the states. */
import type { Op } from '../model/network.ts';
import { cellState, GATES, type RecurrenceOp, recurrencesOf } from '../model/recurrent-network.ts';
import { activationCode, type Builder, step, tiles } from './builder.ts';
import { normBackward, normForward, reserveNorm } from './norm-walk.ts';
import type { PlacedOp } from './placement.ts';
import type { AnyStep, Range } from './plan.ts';
import { stepsName } from './range.ts';
import { sequenceWords } from './records.ts';
import { CELL_CODE, gridOf, LANES, walkConstants, walked, walkOf } from './walk.ts';

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
  if (op.isNormed) reserveNorm(builder, op);
}

export function recurrenceForward(builder: Builder, { count: R }: PlacedOp, op: RecurrenceOp): AnyStep[] {
  if (op.isNormed) return normForward(builder, R, op);
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
  return walked(builder, walk, [each], 1);
}

/** The gradients of h W + bias, which are those of the input product but for the GRU; in an extended range a copy at exponents of its own. */
export function hiddenGradient(builder: Builder, { cell, input, output }: RecurrenceOp) {
  return builder.tensor(cell === 'gru' || builder.ranges.isExtended ? `${output}.dhh` : `d${input}`);
}

/** What a backward walk writes beside the gates' gradients. */
function secondGradient(builder: Builder, op: RecurrenceOp): Range {
  if (op.cell === 'rnn') return builder.memory.absent('read_write', 5);
  return op.cell === 'lstm' ? builder.tensor(`d${cellState(op.output)}`) : hiddenGradient(builder, op);
}

export function recurrenceBackward(builder: Builder, { count: R }: PlacedOp, op: RecurrenceOp): AnyStep[] {
  const second = secondGradient(builder, op);
  if (op.isNormed) return normBackward(builder, R, op, second);
  const { batchSize: B } = builder;
  const { name, input, output, truncation } = op;
  const walk = walkOf(op, B, R, builder.ranges.isExtended);
  const { range, at } = builder.ranges.bind(7, { STEPS_AT: stepsName(output) });
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
  return [...walked(builder, walk, [each], -1), ...rescaleSteps(builder, R, op)];
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
