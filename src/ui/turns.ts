/**
 * Turns of the elements that take long to update: one after another, each in a task of its own, so that input never waits for all of
 * them together. An element takes its turn by waiting for it in `scheduleUpdate`.
 */
let last: Promise<void> = Promise.resolve();

/** Resolves in a task of its own, after the turns asked for before. */
export function turn(): Promise<void> {
  last = last.then(nextTask);
  return last;
}

/** Resolves when everyone has had the turn that was asked for by now, or by someone in such a turn. */
export async function turnsTaken(): Promise<void> {
  for (let seen: Promise<void> | undefined; seen !== last; ) {
    seen = last;
    await seen;
    await nextTask();
  }
}

/** A timer would wait four milliseconds, and for a second in a hidden page. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
