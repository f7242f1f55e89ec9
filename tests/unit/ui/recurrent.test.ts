/** Recurrent experiments in the Lab: editing them, and what profile and map show of them. */
import { describe, expect, test } from 'vitest';
import { SCALARS } from '../../../src/metrics/block.ts';
import { LAYER_SERIES, type LayerSeries, shapeOf } from '../../../src/metrics/layer-series.ts';
import { Trace } from '../../../src/metrics/trace.ts';
import { ConfigError } from '../../../src/model/errors.ts';
import { parseExperiment } from '../../../src/model/experiment.ts';
import type { Experiment } from '../../../src/model/schema.ts';
import { SEQUENCE_TASKS } from '../../../src/model/task-schema.ts';
import { accuracyFrame, lossFrame } from '../../../src/ui/chart-data.ts';
import { applies, fieldsOf, fieldValue } from '../../../src/ui/fields.ts';
import type { Frame } from '../../../src/ui/frame.ts';
import { curvesOf, mapCurve } from '../../../src/ui/layer-parts.ts';
import { type LayerQuantity, offersOf, usualQuantity } from '../../../src/ui/layer-quantity.ts';
import { PAIRS } from '../../../src/ui/pairs.ts';
import { fitWords, profileData, profileFrame, profileTable, summarizeProfile } from '../../../src/ui/profile.ts';
import { lossText } from '../../../src/ui/readouts.ts';
import { reduce } from '../../../src/ui/reducer.ts';
import { editRuns } from '../../../src/ui/settings.ts';
import { matricesOf, spectraData, spectraFrame, spectraTable } from '../../../src/ui/spectra-data.ts';
import { type Action, initialState } from '../../../src/ui/state.ts';
import { pascanuWords } from '../../../src/ui/time-theory.ts';
import { decodeSettings, encodeSettings } from '../../../src/ui/url.ts';
import { syntheticTrace } from '../../support/synthetic.ts';

const [mlp] = PAIRS[0].experiments;
const edited = (experiment: Experiment, path: string, value: unknown) => editRuns([experiment, experiment], 0, path, value)[0];
const recurrent = (model: object = {}, rest: object = {}) =>
  parseExperiment({ task: { name: 'adding', length: 20 }, model: { kind: 'recurrent', ...model }, ...rest });

describe('data and network follow each other', () => {
  test.each(SEQUENCE_TASKS)('%s makes the network recurrent, and digits8 takes that back', (name) => {
    const there = edited(mlp, 'task.name', name);
    expect(parseExperiment(there as never)).toEqual(there);
    expect([there.task.name, there.model.kind]).toEqual([name, 'recurrent']);
    const back = edited(there, 'task.name', 'digits8');
    expect(parseExperiment(back as never)).toEqual(back);
    expect(back.model.kind).toBe('mlp');
  });

  test('what both kinds of network have is kept: units, weights, optimizer, input scale', () => {
    const start = parseExperiment({ ...mlp, task: { name: 'digits8', inputScale: 2 } } as never);
    const there = edited(start, 'task.name', 'adding');
    expect(there.model).toMatchObject({ hidden: 64, init: { scheme: 'scaled_normal', weightVariance: 4 }, activation: 'tanh' });
    expect(there.task).toMatchObject({ inputScale: 2 });
    expect([there.optimizer, there.loss]).toEqual([start.optimizer, 'mse']);
    const back = edited(there, 'task.name', 'digits8');
    expect(back.model).toMatchObject({ width: 64, init: { scheme: 'scaled_normal', weightVariance: 4 } });
    expect(back.loss).toBe('cross_entropy');
  });

  test('weights that start as usual start as is usual in the other kind', () => {
    const there = edited(parseExperiment({}), 'task.name', 'adding');
    expect(there.model.init.scheme).toBe('xavier_uniform');
    expect(edited(there, 'task.name', 'digits8').model.init.scheme).toBe('he_normal');
  });

  test('the kind of network brings data with it, the same where it has steps', () => {
    expect(edited(parseExperiment({}), 'model.kind', 'recurrent').task.name).toBe('digits8_pixels');
    expect(edited(recurrent(), 'model.kind', 'residual_mlp')).toMatchObject({
      task: { name: 'digits8' },
      model: { kind: 'residual_mlp' },
    });
  });

  test('float16 and an extended range are left behind', () => {
    const half = parseExperiment({ precision: { name: 'float16' } });
    expect(edited(half, 'task.name', 'adding').precision.name).toBe('float32');
    expect(edited(parseExperiment({ range: 'extended' }), 'task.name', 'adding').range).toBe('ieee');
  });

  test('a field without a place in what was chosen goes back to its default', () => {
    const relu = recurrent({ cell: 'rnn', activation: 'relu', truncation: 15 });
    expect(edited(relu, 'model.cell', 'gru').model).toMatchObject({ cell: 'gru', activation: 'tanh', truncation: 15 });
    expect(edited(relu, 'task.length', 10).model).toMatchObject({ activation: 'relu', truncation: 0 });
    expect(edited(recurrent({ forgetBias: 3 }), 'model.cell', 'rnn').model).toMatchObject({ forgetBias: 1 });
    // Control: the field that was edited is refused in words.
    expect(() => edited(relu, 'model.truncation', 21)).toThrow(ConfigError);
  });

  test('every option of every choice of every cell leads to a valid experiment', () => {
    for (const cell of ['rnn', 'lstm', 'gru']) {
      const start = recurrent({ cell });
      // What recurrent networks do not have yet is refused in words.
      const fields = [...fieldsOf(start).values()].filter(({ path }) => applies(path, start) && !/^(range|precision)/.test(path));
      for (const field of fields) {
        for (const { value } of field.options.filter((option) => field.path !== 'loss' || option.value === 'mse')) {
          const next = edited(start, field.path, value);
          expect(parseExperiment(next as never)).toEqual(next);
          expect(fieldValue(next, field.path)).toBe(value);
        }
      }
    }
  });

  test('each cell has the controls that mean something for it', () => {
    const shown = (experiment: Experiment, path: string) => applies(path, experiment);
    const has = (cell: string) => ['model.activation', 'model.forgetBias'].map((path) => shown(recurrent({ cell }), path));
    expect(['rnn', 'lstm', 'gru'].map(has)).toEqual([
      [true, false],
      [false, true],
      [false, false],
    ]);
    expect(shown(mlp, 'model.cell')).toBe(false);
    expect(shown(mlp, 'task.length')).toBe(false);
  });
});

describe('what is looked at', () => {
  const follow = (...actions: Action[]) => actions.reduce(reduce, initialState());
  const choose = (path: string, value: unknown): Action => ({ type: 'edit', path, value, text: String(value) });

  test('turns to the steps with the first recurrent run, and back; a choice of one’s own stays', () => {
    expect(follow(choose('task.name', 'adding')).quantity).toBe('state');
    expect(follow(choose('task.name', 'adding'), choose('task.name', 'wine')).quantity).toBe('gradient');
    const own: Action = { type: 'quantity', quantity: 'weight' };
    expect(follow({ type: 'pair', id: 'adding-rnn-lstm' }, own, choose('model.hidden', 32)).quantity).toBe('weight');
  });

  test('is in the address only where it is not what is usual', () => {
    const state = follow({ type: 'pair', id: 'adding-rnn-lstm' });
    expect(encodeSettings(state)).not.toContain('layers=');
    expect(decodeSettings(encodeSettings(state))).toMatchObject({ refused: [], settings: { quantity: 'state' } });
    const other = encodeSettings({ ...state, quantity: 'gradient' });
    expect(decodeSettings(other).settings.quantity).toBe('gradient');
    expect(decodeSettings(other).settings.experiments).toEqual(state.experiments);
  });

  test('is offered where a run has it, and last with the reason where it is not measured', () => {
    const names = (...runs: Experiment[]) => offersOf(runs, usualQuantity(runs)).map(({ quantity }) => quantity);
    expect(names(mlp, mlp)).toEqual(['gradient', 'weightGradient', 'rms', 'blocked', 'weight', 'ratio']);
    expect(names(recurrent({ cell: 'gru' }))).not.toContain('cell');
    expect(names(recurrent())).toContain('cell');
    const gradients = recurrent({}, { probes: { layers: 'gradients' } });
    expect(offersOf([gradients], 'state').slice(-2)).toEqual(
      ['gateMean', 'gateSaturated'].map((quantity) => ({ quantity, reason: expect.stringContaining('probes.layers') })),
    );
    expect(offersOf([mlp], 'cell').at(-1)).toMatchObject({ quantity: 'cell', reason: expect.any(String) });
  });
});

/** A record of every series by a rule of its own: `value(series, index)`. */
function traceOf(experiment: Experiment, gates: readonly string[], value: (series: LayerSeries, i: number) => number): Trace {
  if (experiment.model.kind !== 'recurrent') throw new Error('a recurrent run is wanted');
  const { layers, cell } = experiment.model;
  const shape = shapeOf({
    gradientLayers: ['a0', 'out'],
    weightLayers: ['l0.ih.weight'],
    unitLayers: [],
    recurrentLayers: Array.from({ length: layers }, (_, k) => ({ name: `h${k}`, gates, steps: 20, hasCell: cell === 'lstm' })),
    isAll: true,
    isHalf: false,
    hasHistograms: false,
  });
  const trace = new Trace([], shape);
  const words = Float32Array.from(LAYER_SERIES.flatMap((name) => Array.from({ length: shape[name] }, (_, i) => value(name, i))));
  const scalars = Float32Array.from(SCALARS, (name) => (name === 'active' ? 1 : 0));
  trace.append({ replicas: 1, iterations: 1, scalars, layers: [[{ iteration: 0, words }]] }, 0);
  return trace;
}

describe('a profile over the steps', () => {
  const rnn = recurrent({ cell: 'rnn', layers: 2 });
  // Layer h0 grows by 2^0.5 a step back in time, h1 shrinks by 2^-1.
  const slopes = traceOf(rnn, ['h'], (name, i) => (name === 'log2Dh' ? (i < 20 ? -0.5 * i : i - 20) : 0));
  const of = (quantity: LayerQuantity, part?: number) => ({ experiments: [rnn], traces: [slopes], quantity, part });
  const lstm = recurrent({ cell: 'lstm' });
  const gates = traceOf(lstm, ['i', 'f', 'g', 'o'], (name, i) => (name === 'gateMean' ? Math.floor(i / 20) / 10 - 0.2 : -1));

  test('shows the last layer unless another is chosen, and fits its steps', () => {
    expect(curvesOf('state', slopes, rnn)).toEqual([{ name: 'h1', gate: '', first: 20, count: 20 }]);
    expect(fitWords(of('state'), 0)).toBe('×0.5000 ± 0.0000 a step');
    expect(fitWords(of('state', 0), 0)).toBe('×1.4142 ± 0.0000 a step');
    const frame = profileFrame(of('state', 0));
    expect(frame?.xRange).toEqual([0, 19]);
    // Measured and fitted lie on each other: log10 2^-0.5 a step.
    expect(frame?.columns[0][10]).toBeCloseTo(-5 * Math.log10(2), 5);
    expect(frame?.columns[1][10]).toBeCloseTo(-5 * Math.log10(2), 5);
    expect(summarizeProfile(of('state', 0))).toMatch(/h0: 1\.00 at step 0, .* at step 19, ×1\.4142/);
  });

  test('shows all gates of a layer at once, told apart by letter and dash', () => {
    const frame = profileFrame({ experiments: [lstm, lstm], traces: [gates, gates], quantity: 'gateMean' });
    expect(frame?.styles.slice(0, 8).map(({ tag }) => tag)).toEqual(['Ai', 'Af', 'Ag', 'Ao', 'Bi', 'Bf', 'Bg', 'Bo']);
    expect(new Set(frame?.styles.slice(0, 4).map(({ dash }) => String(dash))).size).toBe(4);
    // A mean below 0 opens the axis down to −1.
    expect(frame?.yRange).toEqual([-1, 1]);
    expect(mapCurve(curvesOf('gateMean', gates, lstm), undefined)?.gate).toBe('f');
    expect(mapCurve(curvesOf('gateMean', gates, lstm), 'o')).toMatchObject({ gate: 'o', first: 60 });
  });

  test('has a table of steps, a column for each curve', () => {
    const both = { experiments: [lstm, rnn], traces: [gates, slopes], quantity: 'gateMean' } as const;
    const table = profileTable(both, []);
    expect(table.columns).toEqual(['Step', 'A h0.i @ 0', 'A h0.f @ 0', 'A h0.g @ 0', 'A h0.o @ 0', 'B h1 @ 0']);
    expect(table.rows).toHaveLength(20);
    expect(table.rows[3].slice(0, 3)).toEqual(['3', '−0.20', '−0.10']);
    const data = profileData(both, []);
    expect(data.columns).toEqual(table.columns);
    expect(data.rows[3].slice(0, 3)).toEqual(['3', Math.fround(-0.2), Math.fround(-0.1)]);
  });

  test('control: a network without steps has no such curves', () => {
    expect(curvesOf('state', slopes, mlp)).toEqual([]);
    expect(fitWords({ experiments: [mlp], traces: [slopes], quantity: 'gradient' }, 0)).toBe('');
  });
});

test('spectra are drawn for the last layer and listed for all', () => {
  const spectra = (scale: number) => ['h0', 'h1'].map((matrix) => ({ matrix, radius: scale, sigma: 2 * scale }));
  const runs = [{ tests: [1, 2].map((scale) => ({ iteration: 50 * scale, loss: 1, accuracy: 1, spectra: spectra(scale) })) }];
  expect(matricesOf(runs).map(({ name }) => name)).toEqual(['h0', 'h1']);
  const view = { logIterations: false, marks: [{ iteration: 60, text: 'A: Learning rate 0.1' }], hidden: [] };
  const frame = spectraFrame(runs, 'sigma', view, [0, 120]);
  expect([frame?.xs, frame?.columns]).toEqual([[50, 100], [[Math.log10(2), Math.log10(4)]]]);
  expect([frame?.xRange, frame?.moments.map(({ x }) => x), frame?.marks]).toEqual([[0, 120], [60], []]);
  expect(spectraTable(runs).rows[1]).toEqual(['100', '2.00', '4.00', '2.00', '4.00']);
  expect(spectraData(runs).rows[1]).toEqual([100, 2, 4, 2, 4]);
  expect(spectraFrame([{ tests: [] }], 'radius', view, [0, 120])).toBeUndefined();
  expect(spectraFrame(runs, 'sigma', { ...view, hidden: [0] }, [0, 120])).toBeUndefined();
});

test('a spectrum that no log axis can show is a triangle at the edge, with its value and iteration', () => {
  const tests = [1, Number.NaN, Number.NaN, 2, Number.POSITIVE_INFINITY, 0].map((sigma, k) => ({
    ...{ iteration: 10 * k, loss: 1, accuracy: 1 },
    spectra: [{ matrix: 'h0', radius: sigma, sigma }],
  }));
  const view = { logIterations: false, marks: [], hidden: [] };
  expect(spectraFrame([{ tests }], 'radius', view, [0, 60])?.marks).toEqual([
    { x: 10, series: 0, edge: 'top', label: 'NaN @ 10' },
    { x: 20, series: 0, edge: 'top', label: '' },
    { x: 40, series: 0, edge: 'top', label: '' },
    { x: 50, series: 0, edge: 'bottom', label: '' },
  ]);
});

test('Pascanu’s bound is said of vanilla cells alone', () => {
  expect(pascanuWords(recurrent({ cell: 'rnn' }), 0.9)).toMatch(/0\.900, below 1: gradients must vanish/);
  expect(pascanuWords(recurrent({ cell: 'rnn' }), 1)).toMatch(/not below 1/);
  expect(pascanuWords(recurrent({ cell: 'lstm' }), 0.9)).toBeUndefined();
});

test('the loss of a text is also in bits a character; control: another loss is not', () => {
  const text = parseExperiment({ task: { name: 'austen' }, model: { kind: 'recurrent', readout: 'every' } });
  expect(lossText(Math.LN2 * 2, text)).toBe('1.39 (2.00 bits)');
  expect(lossText(2, recurrent())).toBe('2.00');
});

describe('known results', () => {
  const experiments = [recurrent(), recurrent({ cell: 'rnn' })] as const;
  const view = { experiments, logIterations: true, zooms: [], marks: [] };
  const traces = experiments.map(() => syntheticTrace({ iterations: 1 }));
  const known = [
    { name: 'always 1', loss: 0.1 },
    { name: 'best', accuracy: 0.9 },
  ];
  const levels = (frame: Frame) => frame.levels.map(({ y, label }) => [Number(y.toFixed(3)), label]);

  test('of a task that both runs have are drawn once, each where it has a number', () => {
    const state = { ...initialState(), ...view, baselines: [known, known] as const };
    expect(levels(lossFrame(state, traces))).toEqual([[-1, 'always 1']]);
    expect(levels(accuracyFrame(state, [traces[0], traces[1]]))).toEqual([[0.9, 'best']]);
  });

  test('of two tasks are told apart by the run’s letter; control: without any nothing is drawn', () => {
    const other = [experiments[0], recurrent({}, { task: { name: 'adding', length: 30 } })] as const;
    const state = { ...view, experiments: other, baselines: [known.slice(0, 1), [{ name: 'chance', loss: 1 }]] as const };
    expect(levels(lossFrame(state, traces))).toEqual([
      [-1, 'A always 1'],
      [0, 'B chance'],
    ]);
    expect(levels(lossFrame(view, traces))).toEqual([]);
  });
});
