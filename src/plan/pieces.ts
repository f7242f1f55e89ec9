/**
 * Parameters may be spread over several buffers, and their gradients in the same way: what works on all of them does so piece by
 * piece.
 */
import type { OptimizerName } from '../model/schema.ts';
import type { Builder } from './builder.ts';
import type { Memory } from './memory.ts';
import { pieceName, type Range, type Tensor, WORD } from './plan.ts';

/** Cells of 16 parameters; an optimizer invocation owns one. */
export const CELL = 16;

/** Rows of the optimizer's state: numbers that it keeps of each parameter. */
export const STATES: Readonly<Record<OptimizerName, number>> = { sgd: 1, adam: 2, adamw: 2, rmsprop: 3 };

/** Workgroups allowed in one dimension of a dispatch: WebGPU's default maxComputeWorkgroupsPerDimension. */
export const MOST_WORKGROUPS = 65_535;
/** Invocations in a workgroup of the kernels that walk a buffer in one dimension. */
const WORKGROUP = 64;

/** Words of a buffer of each role: it can be bound as a whole and be walked in one dispatch, a cell an invocation. */
export function mostWords(
  limits: { readonly bufferBytes: number; readonly bindingBytes: number; readonly pieceBytes?: number },
  optimizer: OptimizerName,
): { readonly any: number; readonly byRole: Readonly<Record<string, number>> } {
  const { bufferBytes, bindingBytes, pieceBytes = Number.POSITIVE_INFINITY } = limits;
  const any = Math.min(Math.min(bufferBytes, bindingBytes, pieceBytes) / WORD, MOST_WORKGROUPS * WORKGROUP * CELL);
  // The state of a buffer of parameters is one tensor, with so many numbers a parameter. The exponents are added across layers.
  const parameters = any / STATES[optimizer];
  return { any, byRole: { param: parameters, grad: parameters, half: parameters, range: Number.POSITIVE_INFINITY } };
}

/** A buffer of parameters, and the one of their gradients, in the same layout. */
export interface Piece {
  readonly W: Range;
  readonly dW: Range;
  readonly cells: number;
}

export function piecesOf(memory: Memory): Piece[] {
  const gradients = memory.pieces('grad');
  return memory.pieces('param').map((W, k) => ({ W, dW: gradients[k], cells: W.words / CELL }));
}

/** A dispatch of 64 invocations a workgroup over so many, in parts that one dimension can have: the first of each and how many. */
export function partsOf(invocations: number): { readonly first: number; readonly count: number }[] {
  const most = MOST_WORKGROUPS * WORKGROUP;
  return Array.from({ length: Math.ceil(invocations / most) }, (_, k) => {
    return { first: k * most, count: Math.min(most, invocations - k * most) };
  });
}

/** A word for each cell of the parameters: a table a piece. */
export class CellTable {
  readonly #words: Uint32Array[];
  readonly #pieceOf: ReadonlyMap<number, number>;

  /** @param value of cells that are not set */
  constructor(
    readonly builder: Builder,
    value: number,
  ) {
    const pieces = piecesOf(builder.memory);
    this.#words = pieces.map(({ cells }) => new Uint32Array(cells).fill(value));
    this.#pieceOf = new Map(pieces.map(({ W }, k) => [W.buffer, k]));
  }

  /** Sets the cells of replica `r` of a parameter. */
  set(parameter: string, r: number, value: number): void {
    const { buffer, offset, replicaStride } = this.builder.tensor(parameter);
    const words = this.#words[this.#pieceOf.get(buffer) ?? 0];
    words.fill(value, (offset + r * replicaStride) / CELL, (offset + (r + 1) * replicaStride) / CELL);
  }

  /** Reserves the tables, and adds what they hold to `tables`. */
  tensors(role: string, name: string, tables: Map<string, Uint32Array>): Tensor[] {
    return this.#words.map((words, k) => {
      const own = pieceName(name, k);
      tables.set(own, words);
      const tensor = { name: own, type: 'u32', replicas: 1, rows: 1, columns: words.length } as const;
      return this.builder.memory.tensor(role, tensor);
    });
  }
}
