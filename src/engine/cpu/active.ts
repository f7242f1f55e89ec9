/** Twins of shaders/lib/active.wgsl and present.wgsl. */
import { HYPER, HYPER_WORDS, STATUS, STATUS_WORDS } from '../../plan/records.ts';

/** Whether a replica trains in this iteration: neither stopped nor past its last. */
export function isActive(status: Uint32Array, hyper: Float32Array, r: number): boolean {
  const bits = new Uint32Array(hyper.buffer, hyper.byteOffset, hyper.length);
  const s = r * STATUS_WORDS;
  return status[s + STATUS.stopped] === 0 && status[s + STATUS.iteration] < bits[r * HYPER_WORDS + HYPER.iterations];
}

/** Those of `count` replicas from `first` on that take part in the pass under way. */
export function presentReplicas(status: Uint32Array, first: number, count: number): number[] {
  const replicas: number[] = [];
  for (let r = first; r < first + count; r++) if (status[r * STATUS_WORDS + STATUS.present] !== 0) replicas.push(r);
  return replicas;
}
