/** Which session a tab has: the one of before the reload, or a new one where another tab has that. */
import type { Session } from './protocol.ts';

/** The page of before the reload may take this long to be gone. */
const PATIENCE_MS = 2000;

/**
 * The session's lock is held until the worker ends, so that of two tabs that were given the same session, as a duplicated one is,
 * only one has it.
 *
 * @returns the session's id
 */
export async function takeSession({ id, resume }: Session, locks: LockManager | undefined): Promise<string> {
  if (id !== undefined && (await holds(id, resume ? PATIENCE_MS : 0, locks))) return id;
  const own = crypto.randomUUID();
  await holds(own, 0, locks);
  return own;
}

/** @returns whether the lock was free, within the time */
function holds(id: string, patienceMs: number, locks: LockManager | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const forever = () => new Promise<void>(() => undefined);
    const options = patienceMs > 0 ? { signal: AbortSignal.timeout(patienceMs) } : { ifAvailable: true };
    const hold = (lock: Lock | null) => {
      resolve(lock !== null);
      return lock ? forever() : undefined;
    };
    if (!locks) resolve(true);
    else locks.request(`nablascope-lab-${id}`, options, hold).catch(() => resolve(false));
  });
}
