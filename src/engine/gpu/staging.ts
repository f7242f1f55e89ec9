/** Mappable buffers that the host reads device memory through. */

export class StagingPool {
  readonly #free: GPUBuffer[] = [];
  #destroyed = false;

  constructor(readonly device: Pick<GPUDevice, 'createBuffer'>) {}

  /**
   * A buffer of at least so many bytes that no read is using: the smallest that will do, so that the large one of a checkpoint
   * is not taken for a block's few words. Where none will do a new one takes the place of one that is too small: there are
   * never more buffers than reads have been under way at once, however their sizes grow.
   */
  take(bytes: number): GPUBuffer {
    this.#free.sort((a, b) => a.size - b.size);
    const index = this.#free.findIndex(({ size }) => size >= bytes);
    if (index >= 0) return this.#free.splice(index, 1)[0];
    this.#free.pop()?.destroy();
    return this.device.createBuffer({
      label: 'staging',
      size: bytes,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
  }

  /** Gives a buffer back once it is unmapped. */
  giveBack(buffer: GPUBuffer): void {
    if (this.#destroyed) buffer.destroy();
    else this.#free.push(buffer);
  }

  /** Buffers that reads are still using go when they are given back. */
  destroy(): void {
    this.#destroyed = true;
    for (const buffer of this.#free.splice(0)) buffer.destroy();
  }
}
