/** Twins of shaders/data. */
import { orderKey, permute } from '../../../math/philox.ts';
import { HYPER, HYPER_WORDS, NO_LABEL, STATUS, STATUS_WORDS } from '../../../plan/records.ts';
import { isActive } from '../active.ts';
import { four, type Twins } from '../twin.ts';

export const dataTwins: Twins<'draw_batch'> = {
  draw_batch({ data, labels, targets, hyper, status, x, label, target_rows }, { N, B, I, C, TARGETS, SEQUENTIAL }, [, , R]) {
    const seeds = new Uint32Array(hyper.buffer, hyper.byteOffset, hyper.length);
    const [B4, I4, C4] = [four(B), four(I), four(C)];
    const batches = Math.floor(N / B);
    for (let r = 0; r < R; r++) {
      const s = r * STATUS_WORDS;
      const takesPart = SEQUENTIAL ? status[s + STATUS.evaluate] !== 0 : isActive(status, hyper, r);
      status[s + STATUS.present] = Number(takesPart);
      if (!takesPart) continue;
      const iteration = status[s + STATUS.iteration];
      const key = orderKey(seeds[r * HYPER_WORDS + HYPER.seed], Math.floor(iteration / batches));
      const scale = hyper[r * HYPER_WORDS + HYPER.input_scale];
      for (let b = 0; b < B; b++) {
        const n = SEQUENTIAL ? status[s + STATUS.test_batch] * B + b : permute((iteration % batches) * B + b, N, key);
        const row = r * B4 + b;
        const exists = n < N;
        label[row] = exists ? labels[n] : NO_LABEL;
        for (let i = 0; i < I4; i++) x[row * I4 + i] = exists ? scale * data[n * I4 + i] : 0;
        if (TARGETS) for (let c = 0; c < C4; c++) target_rows[row * C4 + c] = exists ? targets[n * C4 + c] : 0;
      }
    }
  },
};
