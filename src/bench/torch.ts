/** PyTorch on the processor, where python3 with torch is installed: a peer that is never installed from here. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './root.ts';
import { largestDifference } from './step.ts';
import { SWEEP, sweepExperiments } from './sweep-workload.ts';
import { CLIP, type FirstIteration, type Start } from './workload.ts';

const SCRIPT = join(ROOT, 'src/bench/peers/torch_sweep.py');
/** The system's own comes first: a python3 of a version manager may be found earlier and lack torch. */
const PYTHONS = ['/usr/bin/python3', 'python3'];

/** Networks that stand for all where they train one after another. */
const SUBSET = 16;

export interface TorchWay {
  readonly name: string;
  /** Of all networks, scaled from SUBSET but for the batched way: median and minimum over the rounds. */
  readonly ms: number;
  readonly minMs: number;
}

export interface Torch {
  /** With the name of the library that multiplies its matrices. */
  readonly version: string;
  readonly ways: readonly TorchWay[];
  /** Largest relative difference of loss and norms of iteration 0 of the first network. */
  readonly difference: number;
}

/**
 * Trains all networks of the sweep, each way so many times.
 *
 * @param starts by seed
 * @returns a sentence where PyTorch is missing or fails
 */
export function measureTorch(
  starts: readonly { readonly start: Start; readonly first: FirstIteration }[],
  rounds: number,
): Torch | string {
  const python = PYTHONS.find((name) => spawnSync(name, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0);
  if (python === undefined) return 'PyTorch is not measured: no python3 here has torch.';
  const folder = mkdtempSync(join(tmpdir(), 'nablascope-torch-'));
  try {
    const file = join(folder, 'starts.f32');
    const [{ start, first }] = starts;
    writeFileSync(file, Buffer.concat(starts.map((other) => bytesOf(other.start))));
    const { batch, parameters } = start;
    const input = JSON.stringify({
      file,
      shapes: [
        ...parameters.map(({ rows, columns }) => [rows, columns]),
        [batch.rows, batch.features],
        [batch.rows, batch.classes],
      ],
      configurations: sweepExperiments().map(({ optimizer, seed }) => [optimizer.learningRate, seed]),
      iterations: SWEEP.iterations,
      clip: CLIP,
      cores: availableParallelism(),
      rounds,
      subset: SUBSET,
    });
    const { status, stdout } = spawnSync(python, [SCRIPT], { input, stdio: ['pipe', 'pipe', 2], encoding: 'utf8' });
    if (status !== 0) return `PyTorch is not measured: ${SCRIPT} failed; its message is above.`;
    const { version, ways, first: numbers } = JSON.parse(stdout) as Pick<Torch, 'version' | 'ways'> & { first: number[] };
    const [loss, gradientNorm, ...norms] = numbers;
    const theirs = { loss, gradientNorm, weightNorms: norms.filter((_, k) => k % 2 === 0), stateNorms: [] };
    return { version, ways, difference: largestDifference(first, theirs) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function bytesOf({ parameters, batch }: Start): Buffer {
  const arrays = [...parameters.map(({ data }) => data), batch.x, batch.oneHot];
  return Buffer.concat(arrays.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)));
}
