/** The peer in its own process: TensorFlow.js on WebGPU, installed in `src/bench/peers` only when it is asked for. */
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { adapterName } from './open.ts';
import { ROOT } from './root.ts';
import { CLIP, type FirstIteration, LEARNING_RATE, type Start } from './workload.ts';

const FOLDER = join(ROOT, 'src/bench/peers');

/** The peer cannot run here; the message says what to do. */
export class PeerError extends Error {
  override readonly name = 'PeerError';
}

interface Opened {
  readonly version: string;
  readonly adapter: {
    readonly vendor: string;
    readonly architecture: string;
    readonly device: string;
    readonly description: string;
  };
}

export class Peer {
  /** How many parameters each slot holds. */
  readonly #parameters = new Map<number, number>();

  private constructor(
    readonly child: ChildProcess,
    /** Filled in by `open`. */
    readonly opened: Opened,
  ) {}

  /**
   * @param adapter what it must run on; undefined for any
   * @throws PeerError when its packages cannot be installed, or it finds no adapter or another one
   */
  static async open(adapter?: string): Promise<Peer> {
    install();
    const child = fork(join(FOLDER, 'tfjs.mjs'), { serialization: 'advanced', stdio: ['ignore', 2, 2, 'ipc'] });
    const peer = new Peer(child, await request<Opened>(child, { type: 'open' }));
    const other = adapterName(peer.opened.adapter);
    if (adapter === undefined || other === adapter) return peer;
    peer.close();
    throw new PeerError(`TensorFlow.js runs on ${other}, not ${adapter}`);
  }

  /** @param slot keeps it beside what other slots hold */
  async load({ parameters, batch }: Start, { slot = 0, learningRate = LEARNING_RATE } = {}): Promise<void> {
    await request(this.child, { type: 'load', slot, parameters, batch, learningRate, clip: CLIP });
    this.#parameters.set(slot, parameters.length);
  }

  /** Trains a block whose numbers all reach the host. */
  async block(iterations: number, slot = 0): Promise<{ ms: number; first: FirstIteration }> {
    const { ms, first } = await request<{ ms: number; first: Float32Array }>(this.child, { type: 'block', slot, iterations });
    const [loss, gradientNorm, ...norms] = first;
    const stateNorms = norms.splice(this.#parameters.get(slot) ?? norms.length);
    return { ms, first: { loss, gradientNorm, weightNorms: norms.filter((_, k) => k % 2 === 0), stateNorms } };
  }

  close(): void {
    this.child.disconnect();
  }
}

function install(): void {
  if (existsSync(join(FOLDER, 'node_modules/.package-lock.json'))) return;
  console.error(`Installing the peer's packages (npm ci in ${FOLDER}, 330 MB) …`);
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', args, { cwd: FOLDER, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
  if (status !== 0) throw new PeerError(`npm ci in ${FOLDER} failed; its message is above. Is the npm registry reachable?`);
}

/** One question at a time: the answer is the next message. */
function request<T>(child: ChildProcess, message: object): Promise<T> {
  return new Promise((resolve, reject) => {
    const finish = (act: () => void) => {
      child.off('message', onMessage);
      child.off('exit', onExit);
      act();
    };
    const onMessage = (reply: unknown) => {
      const { error } = reply as { error?: string };
      finish(() => (error === undefined ? resolve(reply as T) : reject(new PeerError(`TensorFlow.js: ${error}`))));
    };
    const onExit = (code: number | null) =>
      finish(() => reject(new PeerError(`TensorFlow.js ended before it answered (exit ${code}); its message is above`)));
    child.on('message', onMessage);
    child.on('exit', onExit);
    child.send(message);
  });
}
