import { expect, test } from 'vitest';
import { Trace } from '../../../src/metrics/trace.ts';
import { LabNews, labProgress } from '../../../src/ui/lab-news.ts';
import { initialState, type LabState } from '../../../src/ui/state.ts';
import { syntheticRun } from '../../support/synthetic.ts';

const [experiment] = initialState().experiments;
const diverged = syntheticRun(experiment, 20);
const sound = syntheticRun(experiment);
const lab = (runState: LabState['runState'], ...traces: Trace[]): LabState =>
  ({ ...initialState(), runState, traces }) as unknown as LabState;

test('the title says share and iterations; a pause, and the end', () => {
  const total = experiment.iterations.toLocaleString('en');
  const done = sound.length.toLocaleString('en');
  const share = Math.floor((100 * sound.length) / experiment.iterations);
  expect(labProgress(lab('running', sound))).toEqual({ title: `${share} % · ${done} / ${total}`, isTraining: true });
  expect(labProgress(lab('paused', sound)).title).toMatch(/^❚❚ /);
  expect(labProgress(lab('finished', sound))).toEqual({ title: `✓ ${done}`, isTraining: false });
  const empty = new Trace([], sound.shape);
  expect(labProgress(lab('running', empty))).toEqual({ title: undefined, isTraining: true });
});

test('a run that diverges is told once, the end once, and nothing that is told again after a reload', () => {
  const news = new LabNews();
  expect(news.of(lab('loading', diverged), lab('loading', diverged))).toEqual([]);
  const running = lab('running', sound, diverged);
  const { iteration, tensor } = diverged.firstNonFinite ?? {};
  expect(news.of(running, running)).toEqual([`Run B diverged: ${tensor} is not finite at iteration ${iteration}.`]);
  expect(news.of(running, running)).toEqual([]);
  expect(news.of(running, lab('finished', sound, diverged))).toEqual([
    expect.stringMatching(/^The runs have finished, after [\d,]+ iterations\.$/),
  ]);
  expect(news.of(lab('finished', sound), lab('finished', sound))).toEqual([]);
});
