/** Times blocks of iterations of ours and of a peer, in turns, so that both see the same machine. */
import type { Trainer } from '../sweep/trainer.ts';
import type { Peer } from './peer.ts';

/** Aim of a block of ours: as the product's loop has it. */
const BLOCK_MS = 70;
/** One turn before the other side's. */
const TURN_MS = 500;
/** A peer's block: as many iterations as fit into this, at most PEER_BLOCK. */
const PEER_BLOCK_MS = 1000;
const PEER_BLOCK = 10;
/** Fewest blocks, however slow. */
const LEAST_BLOCKS = 3;

/** Measures one side: a turn appends milliseconds per iteration, one number a block. */
export interface Side {
  readonly ms: number[];
  /** Of ours: this process's processor time, likewise. */
  readonly cpuMs?: number[];
  /** Milliseconds measured so far. */
  spent: number;
  turn(): Promise<void>;
}

export function oursOf(trainer: Trainer): Side & { readonly cpuMs: number[] } {
  const ms: number[] = [];
  const cpuMs: number[] = [];
  let iterationMs = 0;
  const side = {
    ms,
    cpuMs,
    spent: 0,
    async turn() {
      if (iterationMs === 0) iterationMs = await warmUp(trainer);
      const count = Math.max(1, Math.min(trainer.longestBlock, Math.round(BLOCK_MS / iterationMs)));
      const begin = performance.now();
      for (let blocks = 0; blocks < LEAST_BLOCKS || performance.now() - begin < TURN_MS; blocks++) {
        // One block at a time: with several in flight their arrivals bunch and say nothing about a block.
        const cpu = process.cpuUsage();
        const start = performance.now();
        await trainer.advance(count);
        ms.push((performance.now() - start) / count);
        const { user, system } = process.cpuUsage(cpu);
        cpuMs.push((user + system) / 1000 / count);
      }
      side.spent += performance.now() - begin;
      iterationMs = Math.min(...ms);
    },
  };
  return side;
}

/** Milliseconds per iteration once everything is warm. */
async function warmUp(trainer: Trainer): Promise<number> {
  const start = performance.now();
  await trainer.advance(1);
  const first = performance.now() - start;
  const count = Math.max(1, Math.min(trainer.longestBlock, Math.round(BLOCK_MS / first)));
  const again = performance.now();
  await trainer.advance(count);
  return (performance.now() - again) / count;
}

export function peerOf(peer: Peer, slot = 0): Side {
  const ms: number[] = [];
  let iterationMs = 0;
  const side: Side = {
    ms,
    spent: 0,
    async turn() {
      // The second iteration of all: everything is compiled.
      if (iterationMs === 0) iterationMs = (await peer.block(1, slot)).ms;
      const count = Math.max(1, Math.min(PEER_BLOCK, Math.round(PEER_BLOCK_MS / iterationMs)));
      const block = await peer.block(count, slot);
      ms.push(block.ms / count);
      side.spent += block.ms;
      iterationMs = Math.min(...ms);
    },
  };
  return side;
}

/** Turns by turns until each side has been measured for so long, and for no fewer than LEAST_BLOCKS blocks. */
export async function measureInTurns(sides: readonly Side[], seconds: number): Promise<void> {
  const waiting = ({ spent, ms }: Side) => spent < 1000 * seconds || ms.length < LEAST_BLOCKS;
  while (sides.some(waiting)) for (const side of sides) if (waiting(side)) await side.turn();
}
