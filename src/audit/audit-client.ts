/** The page's end of an audit: a worker of its own, which ends with the answer or when it takes too long. */
import type { AuditAnswer, AuditRequest } from './audit-protocol.ts';

/** Committed cases take less than a second. */
const MOST_SECONDS = 60;

export function requestAudit(request: AuditRequest): Promise<AuditAnswer> {
  const worker = new Worker(new URL('./audit-worker.ts', import.meta.url), { type: 'module' });
  let clock: ReturnType<typeof setTimeout> | undefined;
  return new Promise<AuditAnswer>((resolve) => {
    const refuse = (message: string) => resolve({ type: 'refused', message });
    clock = setTimeout(
      () => refuse(`${request.file}: the audit took more than ${MOST_SECONDS} seconds and was given up; use the command audit.`),
      1000 * MOST_SECONDS,
    );
    worker.addEventListener('message', ({ data }: MessageEvent<AuditAnswer>) => resolve(data));
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      refuse(`${request.file}: the worker that audits has stopped: ${event.message || 'it could not be loaded'}.`);
    });
    worker.postMessage(request);
  }).finally(() => {
    clearTimeout(clock);
    worker.terminate();
  });
}
