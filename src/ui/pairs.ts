/** The pairs of runs the page can start from: two scenarios side by side, or one scenario with two seeds. */
import { parseExperiment } from '../model/experiment.ts';
import type { Experiment } from '../model/schema.ts';
import adaptiveClip from '../scenarios/adaptive-clip-relu-16.json';
import addingLstm from '../scenarios/adding-lstm-100.json';
import addingRnn from '../scenarios/adding-rnn-100.json';
import clippedRnn from '../scenarios/clipped-rnn-200.json';
import cured from '../scenarios/cured-relu-32.json';
import digits8 from '../scenarios/digits8-relu-8.json';
import exploding from '../scenarios/exploding-relu-32.json';
import explodingRnn from '../scenarios/exploding-rnn-200.json';
import float32Ends from '../scenarios/float32-ends-relu-200.json';
import float32Extended from '../scenarios/float32-extended-relu-200.json';
import largeRate from '../scenarios/large-rate-relu-16.json';
import level from '../scenarios/level-relu-30.json';
import mnist from '../scenarios/mnist-relu-8.json';
import residualPlain from '../scenarios/residual-plain-64.json';
import residualScaled from '../scenarios/residual-scaled-64.json';
import vanishing from '../scenarios/vanishing-relu-30.json';

export interface ScenarioPair {
  readonly id: string;
  readonly label: string;
  readonly titles: readonly string[];
  readonly claims: readonly string[];
  readonly experiments: readonly Experiment[];
}

interface Scenario {
  readonly title: string;
  readonly claim: string;
  readonly experiment: unknown;
}

function pair(id: string, label: string, a: Scenario, b: Scenario): ScenarioPair {
  const experiments = [parseExperiment(a.experiment, a.title), parseExperiment(b.experiment, b.title)] as const;
  return { id, label, titles: [a.title, b.title], claims: [a.claim, b.claim], experiments };
}

function twoSeeds(id: string, scenario: Scenario): ScenarioPair {
  const one = pair(id, scenario.title, scenario, scenario);
  const titles = [`${scenario.title}, seed 1`, `${scenario.title}, seed 2`] as const;
  return { ...one, titles, experiments: [one.experiments[0], { ...one.experiments[1], seed: 2 }] };
}

/** The first pair is what the page opens with. */
export const PAIRS: readonly ScenarioPair[] = [
  pair('exploding-relu-32', 'Exploding and cured, 32 layers', exploding, cured),
  pair('float32-ends-relu-200', 'Where float32 ends, 200 layers', float32Ends, float32Extended),
  pair('vanishing-relu-30', 'Vanishing and level, 30 layers', vanishing, level),
  pair('residual-64', 'Residual branches, 64 blocks', residualPlain, residualScaled),
  pair('adaptive-clip-relu-16', 'Adaptive clipping, 16 layers', largeRate, adaptiveClip),
  pair('exploding-rnn-200', 'Through time: exploding and clipped, 200 steps', explodingRnn, clippedRnn),
  pair('adding-rnn-lstm', 'Through time: RNN and LSTM, 100 steps', addingRnn, addingLstm),
  twoSeeds('digits8-relu-8', digits8),
  twoSeeds('mnist-relu-8', mnist),
];
