import { expect, test } from 'vitest';
import { type Port, SweepClient } from '../../../src/sweep/sweep-client.ts';
import type { FromSweepWorker, SweepEstimate, ToSweepWorker } from '../../../src/sweep/sweep-protocol.ts';

/** A worker that answers when it is told to. */
class Stub {
  readonly sent: ToSweepWorker[] = [];
  readonly #listeners = new Map<string, (event: Event) => void>();
  ended = false;
  readonly port = {
    postMessage: (message: ToSweepWorker) => this.sent.push(message),
    terminate: () => {
      this.ended = true;
    },
    addEventListener: (type: string, listener: (event: Event) => void) => this.#listeners.set(type, listener),
  } as unknown as Port;

  say(message: FromSweepWorker): void {
    this.#listeners.get('message')?.({ data: message } as unknown as Event);
  }

  crash(): void {
    this.#listeners.get('error')?.({
      preventDefault: () => undefined,
      message: 'out of memory',
      filename: '',
      lineno: 0,
    } as unknown as Event);
  }
}

function setUp() {
  const stubs: Stub[] = [];
  const heard: FromSweepWorker[] = [];
  const client = new SweepClient(
    (message) => heard.push(message),
    () => {
      const stub = new Stub();
      stubs.push(stub);
      return stub.port;
    },
  );
  return { client, stubs, heard };
}

const estimated = (runs: number): FromSweepWorker => ({
  type: 'estimated',
  estimate: { sweepId: '', runs, duplicates: 0, excluded: 0, finished: 0, cohorts: [], bytes: 0 } satisfies SweepEstimate,
});
const check = (sweep: unknown): ToSweepWorker => ({ type: 'estimate', sweep });

test('the worker is loaded with the first message', () => {
  const { client, stubs } = setUp();
  expect(stubs).toHaveLength(0);
  client.send({ type: 'list' });
  client.send({ type: 'pause' });
  expect(stubs.map(({ sent }) => sent)).toEqual([[{ type: 'list' }, { type: 'pause' }]]);
});

test('of several checks the worker sees the first and the latest, the listener only the latest answer', () => {
  const { client, stubs, heard } = setUp();
  for (const sweep of [1, 2, 3]) client.send(check(sweep));
  expect(stubs[0].sent).toEqual([check(1)]);
  stubs[0].say(estimated(1));
  expect(stubs[0].sent).toEqual([check(1), check(3)]);
  expect(heard).toEqual([]);
  stubs[0].say(estimated(3));
  expect(heard).toEqual([estimated(3)]);
});

test('control: a single check is answered, and other messages do not wait for it', () => {
  const { client, stubs, heard } = setUp();
  client.send(check(1));
  client.send({ type: 'cancel' });
  stubs[0].say({ type: 'state', state: 'idle' });
  stubs[0].say({ type: 'refused', problems: [] });
  expect(stubs[0].sent).toEqual([check(1), { type: 'cancel' }]);
  expect(heard.map(({ type }) => type)).toEqual(['state', 'refused']);
});

test('a refusal of a sweep that was started while a check waits is heard all the same', () => {
  const { client, stubs, heard } = setUp();
  client.send({ type: 'start', sweep: {}, engine: 'auto' });
  stubs[0].say({ type: 'refused', problems: [] });
  expect(heard).toHaveLength(1);
});

test('a crash is said in words, and the next message loads a fresh worker', () => {
  const { client, stubs, heard } = setUp();
  client.send(check(1));
  stubs[0].crash();
  expect(heard).toEqual([{ type: 'failed', message: expect.stringContaining('out of memory') }]);
  expect(stubs[0].ended).toBe(true);
  client.send(check(2));
  expect(stubs).toHaveLength(2);
  expect(stubs[1].sent).toEqual([check(2)]);
  // What the dead worker still had under way is not for this one.
  stubs[0].say(estimated(1));
  expect(heard).toHaveLength(1);
});
