/**
 * Lays tensors out in device buffers. Tensors of one role share a buffer, in order, so that equal layers lie at equal strides; a
 * role that outgrows a buffer goes on in the next (`param`, `param 1`, ...).
 */
import { ALIGNMENT, ceilTo, type PlanBuffer, pieceName, type Range, type Tensor, WORD } from './plan.ts';

const ALIGNED_WORDS = ALIGNMENT / WORD;

interface TensorRequest {
  readonly name: string;
  readonly type?: 'f32' | 'u32';
  readonly replicas: number;
  readonly rows: number;
  readonly columns: number;
  /** Default: columns, unpadded. */
  readonly rowStride?: number;
  /** Default: rows × rowStride. */
  readonly replicaStride?: number;
  readonly blocks?: number;
}

/** Numbers in a row of so many columns, each of their blocks padded to a multiple of 4. */
export function paddedColumns(columns: number, blocks = 1): number {
  return blocks * ceilTo(columns / blocks, 4);
}

export class Memory {
  readonly #words: number[] = [];
  readonly #names: string[] = [];
  /** Buffers of each role, in order. */
  readonly #pieces = new Map<string, number[]>();
  readonly tensors = new Map<string, Tensor>();

  /**
   * @param mostWords of a buffer
   * @param mostOfRole of a buffer of roles with another limit: Infinity for one that kernels bind as a whole
   */
  constructor(
    readonly mostWords = Number.POSITIVE_INFINITY,
    readonly mostOfRole: Readonly<Record<string, number>> = {},
  ) {}

  /** Reserves a range at the end of a role, in one buffer; one that is too large for any has a buffer of its own. */
  reserve(role: string, words: number): Range {
    const aligned = ceilTo(Math.max(words, 1), ALIGNED_WORDS);
    const index = this.#bufferFor(role, aligned);
    const offset = this.#words[index];
    this.#words[index] += aligned;
    return { buffer: index, offset, words: ceilTo(Math.max(words, 1), 4) };
  }

  /** Sees to it that the next ranges of a role lie in one buffer, if so many words can: `words` of them, alignment included. */
  together(role: string, words: number): void {
    this.#bufferFor(role, words);
  }

  /** The role's last buffer, or a new one where that has no room. */
  #bufferFor(role: string, words: number): number {
    const pieces = this.#pieces.get(role) ?? [];
    const last = pieces.at(-1);
    if (last !== undefined && (this.#words[last] === 0 || this.#words[last] + words <= this.mostWordsOf(role))) return last;
    const index = this.#names.push(pieceName(role, pieces.length)) - 1;
    this.#words.push(0);
    this.#pieces.set(role, [...pieces, index]);
    return index;
  }

  /** Words that a buffer of a role may have. */
  mostWordsOf(role: string): number {
    return this.mostOfRole[role] ?? this.mostWords;
  }

  /** Reserves a named tensor. */
  tensor(role: string, request: TensorRequest): Tensor {
    const { name, type = 'f32', replicas, rows, columns } = request;
    const rowStride = request.rowStride ?? columns;
    const replicaStride = request.replicaStride ?? rows * rowStride;
    const { buffer, offset, words } = this.reserve(role, replicas * replicaStride);
    // Spelt out: a spread in front of other properties costs several times as much, and deep networks have 100,000 tensors.
    const tensor = { buffer, offset, words, name, type, replicas, rows, columns, rowStride, replicaStride };
    const { blocks = 1 } = request;
    const own = blocks > 1 ? { ...tensor, blocks } : tensor;
    this.tensors.set(name, own);
    return own;
  }

  /** A (R, rows, columns) activation: rows and columns padded to multiples of 4. */
  activation(buffer: string, name: string, replicas: number, rows: number, columns: number, blocks = 1): Tensor {
    const rowStride = paddedColumns(columns, blocks);
    return this.tensor(buffer, { name, replicas, rows, columns, rowStride, replicaStride: ceilTo(rows, 4) * rowStride, blocks });
  }

  /** A (R, rows, columns) parameter or its gradient: matrices padded to multiples of 4, vectors to multiples of 16. */
  parameter(
    buffer: string,
    name: string,
    replicas: number,
    [rows, columns]: readonly [number, number],
    vector: boolean,
    blocks = 1,
  ): Tensor {
    const rowStride = ceilTo(paddedColumns(columns, blocks), vector ? 16 : 4);
    const replicaStride = (vector ? rows : ceilTo(rows, 4)) * rowStride;
    return this.tensor(buffer, { name, replicas, rows, columns, rowStride, replicaStride, blocks });
  }

  /** A range that a step must bind but never touches: the binding of an absent operand. Writable ones must not overlap. */
  absent(access: 'read' | 'read_write', position: number): Range {
    const name = access === 'read' ? 'absent_read' : 'absent_write';
    const whole = this.#absent.get(name) ?? this.reserve(name, 8 * ALIGNED_WORDS);
    this.#absent.set(name, whole);
    return { buffer: whole.buffer, offset: whole.offset + position * ALIGNED_WORDS, words: ALIGNED_WORDS };
  }
  readonly #absent = new Map<string, Range>();

  /** The buffers of a role, each as one range of what has been reserved so far. */
  pieces(role: string): Range[] {
    return (this.#pieces.get(role) ?? []).map((buffer) => this.wholeBuffer(buffer));
  }

  /** The whole of a buffer as one range. */
  wholeBuffer(buffer: number): Range {
    return { buffer, offset: 0, words: this.#words[buffer] };
  }

  buffers(): PlanBuffer[] {
    return this.#names.map((name, i) => ({ name, words: this.#words[i] }));
  }
}
