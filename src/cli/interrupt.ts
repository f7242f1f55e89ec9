/** What Ctrl+C and its like do while a command works: a command may end in its own way, once. */

let ending: (() => void) | undefined;

/** Until the returned function is called, the first signal calls `end`, which makes the command return soon. */
export function onInterrupt(end: () => void): () => void {
  ending = end;
  return () => {
    if (ending === end) ending = undefined;
  };
}

/** Whether a command takes care of a signal that has come; not a second time. */
export function handleInterrupt(): boolean {
  const end = ending;
  ending = undefined;
  end?.();
  return end !== undefined;
}
