/**
 * Dawn in Node asks the device for finished work in every turn of the event loop and never rests: on a software adapter that takes
 * a core from the threads that do the work, and on a busy machine more than its share. While something is awaited, every turn
 * sleeps for a moment.
 */

/** Short beside a block of iterations, long beside a turn of the event loop. */
const NAP_MS = 0.5;
/** Nobody ever wakes this; a sleep ends by its time. */
const cell = new Int32Array(new SharedArrayBuffer(4));

let awaited = 0;
/** A sleep of the next turn is due; one a turn is enough. */
let isDue = false;

/** Passes a promise of the device on, and lets the event loop rest until it settles. */
export function resting<T>(work: Promise<T>): Promise<T> {
  awaited += 1;
  nextTurn();
  return work.finally(() => {
    awaited -= 1;
  });
}

function nextTurn(): void {
  if (isDue) return;
  isDue = true;
  setImmediate(rest).unref();
}

function rest(): void {
  isDue = false;
  if (awaited === 0) return;
  Atomics.wait(cell, 0, 0, NAP_MS);
  nextTurn();
}
