/** Resolves when a frame has been shown, and what waited for it has happened. */
export async function frameShown(): Promise<void> {
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
}
