/** Lays tensors out in device buffers. Tensors of one role share a buffer, in order, so that equal layers lie at equal strides. */
import { ALIGNMENT, ceilTo, type PlanBuffer, type Range, type Tensor, WORD } from './plan.ts';

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
}

export class Memory {
  readonly #words: number[] = [];
  readonly #names: string[] = [];
  readonly tensors = new Map<string, Tensor>();

  /** Reserves a range at the end of the buffer of that name. */
  reserve(buffer: string, words: number): Range {
    let index = this.#names.indexOf(buffer);
    if (index < 0) {
      index = this.#names.push(buffer) - 1;
      this.#words.push(0);
    }
    const offset = this.#words[index];
    this.#words[index] += ceilTo(Math.max(words, 1), ALIGNED_WORDS);
    return { buffer: index, offset, words: ceilTo(Math.max(words, 1), 4) };
  }

  /** Reserves a named tensor. */
  tensor(buffer: string, request: TensorRequest): Tensor {
    const { name, type = 'f32', replicas, rows, columns } = request;
    const rowStride = request.rowStride ?? columns;
    const replicaStride = request.replicaStride ?? rows * rowStride;
    const range = this.reserve(buffer, replicas * replicaStride);
    const tensor = { ...range, name, type, replicas, rows, columns, rowStride, replicaStride };
    this.tensors.set(name, tensor);
    return tensor;
  }

  /** A (R, rows, columns) activation: rows and columns padded to multiples of 4. */
  activation(buffer: string, name: string, replicas: number, rows: number, columns: number): Tensor {
    const rowStride = ceilTo(columns, 4);
    return this.tensor(buffer, { name, replicas, rows, columns, rowStride, replicaStride: ceilTo(rows, 4) * rowStride });
  }

  /** A (R, rows, columns) parameter or its gradient: matrices padded to multiples of 4, vectors to multiples of 16. */
  parameter(buffer: string, name: string, replicas: number, rows: number, columns: number, vector: boolean): Tensor {
    const rowStride = ceilTo(columns, vector ? 16 : 4);
    return this.tensor(buffer, {
      name,
      replicas,
      rows,
      columns,
      rowStride,
      replicaStride: (vector ? rows : ceilTo(rows, 4)) * rowStride,
    });
  }

  /** A range that a step must bind but never touches: the binding of an absent operand. Writable ones must not overlap. */
  absent(access: 'read' | 'read_write', position: number): Range {
    const name = access === 'read' ? 'absent_read' : 'absent_write';
    const whole = this.#absent.get(name) ?? this.reserve(name, 8 * ALIGNED_WORDS);
    this.#absent.set(name, whole);
    return { buffer: whole.buffer, offset: whole.offset + position * ALIGNED_WORDS, words: ALIGNED_WORDS };
  }
  readonly #absent = new Map<string, Range>();

  /** Elements reserved so far in a buffer. */
  wordsOf(buffer: string): number {
    const index = this.#names.indexOf(buffer);
    return index < 0 ? 0 : this.#words[index];
  }

  /** The whole of a buffer as one range. */
  whole(buffer: string): Range {
    return { buffer: this.#names.indexOf(buffer), offset: 0, words: this.wordsOf(buffer) };
  }

  buffers(): PlanBuffer[] {
    return this.#names.map((name, i) => ({ name, words: this.#words[i] }));
  }
}
