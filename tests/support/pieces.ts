/** Cohorts whose tensors are spread over many small buffers: the same bits as in few large ones. */
import { expect } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import type { Experiment } from '../../src/model/schema.ts';
import type { Limits } from '../../src/plan/limits.ts';
import { STATES } from '../../src/plan/pieces.ts';
import { buffersOfRole, type Plan, WORD } from '../../src/plan/plan.ts';
import { cohortPlan } from '../../src/sweep/cohort-plan.ts';
import { joined } from '../../src/sweep/ring.ts';
import { Trainer } from '../../src/sweep/trainer.ts';
import { smallExperiment } from './plans.ts';
import type { RaggedCase } from './ragged.ts';

const DEPTHS = [7, 4, 4, 2, 1];
const ITERATIONS = 7;

function cohortOf({ loss, model, rest }: RaggedCase) {
  const parsed = DEPTHS.map((depth, k) =>
    smallExperiment(loss, { ...rest, model: model(depth), seed: k + 1, probes: { layers: 'all', testEvery: 0 } }),
  );
  return { experiments: parsed.map(({ experiment }) => experiment), dataset: parsed[0].dataset };
}

/** The same engine, with other limits. */
function withLimits(engine: Engine, limits: Partial<Limits>): Engine {
  const { report } = engine;
  return { report, limits: { ...engine.limits, ...limits }, load: (plan) => engine.load(plan), destroy: () => undefined };
}

/** Bytes that two of the largest parameters just fit into, with the optimizer's state of them. */
function fewBytes(plan: Plan, optimizer: Experiment['optimizer']['name']): number {
  const [param] = buffersOfRole(plan, 'param');
  const own = [...plan.tensors.values()].filter(({ buffer }) => buffer === param);
  const vectors = own.filter(({ rows }) => rows === 1).reduce((sum, { words }) => sum + 64 * Math.ceil(words / 64), 0);
  const largest = Math.max(...own.map(({ words }) => 64 * Math.ceil(words / 64)));
  return WORD * STATES[optimizer] * Math.max(2 * largest, vectors);
}

/** Words of everything that the steps write, by name; the optimizer's state is left to the checkpoint. */
async function computed({ session }: Trainer): Promise<Map<string, Uint32Array>> {
  const { tensors, contents } = session.plan;
  const own = [...tensors].filter(([name]) => !contents.has(name) && !name.startsWith('state'));
  const words = await session.read(own.map(([, tensor]) => tensor));
  return new Map(own.map(([name], k) => [name, words[k]]));
}

async function train(engine: Engine, given: RaggedCase): Promise<Trainer> {
  const { experiments, dataset } = cohortOf(given);
  const trainer = await Trainer.create(engine, experiments, dataset);
  await trainer.advance(ITERATIONS);
  await trainer.evaluate();
  return trainer;
}

const stateOf = async (trainer: Trainer) => joined((await trainer.checkpoint()).words);

/** Trains the cohort with large and with small buffers, and goes on from the state of each with the other. */
export async function expectPieces(engine: Engine, given: RaggedCase): Promise<void> {
  const [{ optimizer }] = cohortOf(given).experiments;
  const whole = await train(engine, given);
  const { plan } = whole.session;
  const pieceBytes = fewBytes(plan, optimizer.name);
  const small = withLimits(engine, { pieceBytes });
  const split = await train(small, given);
  const pieces = split.session.plan;
  for (const role of ['param', 'grad', 'z', 'dz', 'partial'])
    expect(buffersOfRole(plan, role).length, role).toBe(plan.buffers.some(({ name }) => name === role) ? 1 : 0);
  for (const role of ['param', 'grad', 'z', 'h', 'dz', 'partial', 'weight_partial', 'state', 'owner']) {
    for (const buffer of buffersOfRole(pieces, role))
      expect(pieces.buffers[buffer].words * WORD, role).toBeLessThanOrEqual(pieceBytes);
  }
  expect(buffersOfRole(pieces, 'param').length).toBeGreaterThan(1);
  expect(buffersOfRole(pieces, 'state').length).toBeGreaterThan(1);

  const [expected, found] = [await computed(whole), await computed(split)];
  expect(found.size).toBe(expected.size);
  for (const [name, words] of expected) expect(found.get(name), name).toEqual(words);
  expect(await stateOf(split)).toEqual(await stateOf(whole));

  const [fromWhole, fromSplit] = [await whole.checkpoint(), await split.checkpoint()];
  await whole.advance(3);
  whole.restore(fromSplit);
  split.restore(fromWhole);
  await Promise.all([whole.advance(2), split.advance(2)]);
  expect(await stateOf(split)).toEqual(await stateOf(whole));
  // The control: these two iterations change the state.
  expect(await stateOf(whole)).not.toEqual(joined(fromWhole.words));
  whole.destroy();
  split.destroy();
}

/** A slot is filled anew as it is in large buffers: the optimizer's state of its run alone is cleared. */
export async function expectRefilledPieces(engine: Engine, given: RaggedCase): Promise<void> {
  const { experiments, dataset } = cohortOf(given);
  const requests = [...new Set(DEPTHS)].map((depth) => ({
    experiment: experiments[DEPTHS.indexOf(depth)],
    slots: DEPTHS.filter((other) => other === depth).length,
  }));
  const plan = cohortPlan(requests, dataset, engine.limits);
  const few = withLimits(engine, { pieceBytes: fewBytes(plan, experiments[0].optimizer.name) });
  const states = [];
  for (const each of [engine, few]) {
    const trainer = await train(each, given);
    trainer.load(1, { ...experiments[1], seed: 99 });
    await trainer.advance(4);
    states.push(await stateOf(trainer));
    trainer.destroy();
  }
  expect(states[1]).toEqual(states[0]);
}
