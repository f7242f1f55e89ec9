/**
 * The files of a results folder: pairs of runs-NNNN.jsonl and traces-NNNN.bin, a pair for each process that ever wrote. Only the
 * process that created a pair appends to it, and nothing written is ever changed: two processes cannot damage each other's runs,
 * and a process that dies leaves at most one unfinished record at the end of its own pair.
 *
 * A line of runs-NNNN.jsonl is
 *
 *     {"crc":"8 hex digits","id":"run id","trace":[offset,bytes,"crc"],"record":{…}}
 *
 * with the CRC-32 of the rest of the line and of the trace's bytes in traces-NNNN.bin. The trace reaches the disk before the line.
 */

import { createReadStream } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Entry } from '../sweep/append-queue.ts';
import { recordToJson } from '../sweep/record.ts';

/** Writes all bytes at the end of a file; tests put a disk that is full in its place. */
export type WriteBytes = (handle: FileHandle, bytes: Uint8Array) => Promise<void>;

export const writeBytes: WriteBytes = async (handle, bytes) => {
  for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
};

/** Where a trace lies. */
export interface Place {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
  readonly crc: string;
}

/** A whole line of a segment. */
export interface Line {
  readonly id: string;
  readonly place: Place;
  /** The record, as `recordToJson` wrote it. */
  record(): string;
}

const SEGMENT = /^(?:runs|traces)-(\d{4,})\.(?:jsonl|bin)$/;
const name = (segment: number) => String(segment).padStart(4, '0');
const runsFile = (segment: number) => `runs-${name(segment)}.jsonl`;
export const tracesFile = (segment: number) => `traces-${name(segment)}.bin`;
const checksum = (bytes: Uint8Array | string) => crc32(bytes).toString(16).padStart(8, '0');

/** Numbers of the segments of a folder, ascending. */
export async function listSegments(folder: string): Promise<number[]> {
  const numbers = (await readdir(folder)).flatMap((file) => SEGMENT.exec(file)?.[1] ?? []).map(Number);
  return [...new Set(numbers)].sort((a, b) => a - b);
}

/** The lines of a segment that are whole and whose traces are; how many others there are. */
export async function* readSegment(folder: string, segment: number, count: { dropped: number }): AsyncGenerator<Line> {
  const size = (await sizeOf(join(folder, tracesFile(segment)))) ?? 0;
  if ((await sizeOf(join(folder, runsFile(segment)))) === undefined) return;
  for await (const bytes of linesOf(join(folder, runsFile(segment)))) {
    const line = parseLine(bytes, segment);
    if (line && line.place.offset + line.place.length <= size) yield line;
    else count.dropped++;
  }
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Split at the byte of a line feed alone: readline takes other characters for line breaks, too. */
async function* linesOf(file: string): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let from = 0;
    for (let to = bytes.indexOf(10); to >= 0; to = bytes.indexOf(10, from)) {
      yield bytes.subarray(from, to);
      from = to + 1;
    }
    rest = bytes.subarray(from);
  }
  if (rest.length > 0) yield rest;
}

const HEAD = /^\{"crc":"([0-9a-f]{8})",/;
const BODY = /^"id":"([0-9a-f]+)","trace":\[(\d+),(\d+),"([0-9a-f]{8})"\],"record":/;
/** Bytes of HEAD. */
const HEAD_LENGTH = 18;
/** Longer than any match of BODY. */
const BODY_LENGTH = 120;

/** Undefined for a line that is torn or has changed. */
function parseLine(bytes: Buffer, segment: number): Line | undefined {
  const head = HEAD.exec(bytes.toString('latin1', 0, HEAD_LENGTH));
  if (!head || checksum(bytes.subarray(HEAD_LENGTH)) !== head[1]) return undefined;
  const body = BODY.exec(bytes.toString('latin1', HEAD_LENGTH, HEAD_LENGTH + BODY_LENGTH));
  if (!body) return undefined;
  const [matched, id, offset, length, crc] = body;
  return {
    id,
    place: { segment, offset: Number(offset), length: Number(length), crc },
    record: () => bytes.toString('utf8', HEAD_LENGTH + matched.length, bytes.length - 1),
  };
}

/** Appends to a pair of files of its own. */
export class SegmentWriter {
  #size = 0;

  private constructor(
    readonly segment: number,
    readonly runs: FileHandle,
    readonly traces: FileHandle,
    readonly write: WriteBytes,
  ) {}

  static async create(folder: string, write: WriteBytes): Promise<SegmentWriter> {
    for (let segment = ((await listSegments(folder)).at(-1) ?? 0) + 1; ; segment++) {
      const traces = await createFile(join(folder, tracesFile(segment)));
      if (!traces) continue;
      const runs = await createFile(join(folder, runsFile(segment)));
      if (runs) return new SegmentWriter(segment, runs, traces, write);
      await traces.close();
    }
  }

  /** Resolves when the entries would survive a loss of power. After an error the segment must not be used any more. */
  async append(entries: readonly Entry[]): Promise<Place[]> {
    const places = entries.map(({ trace }) => {
      const offset = this.#size;
      this.#size += trace.length;
      return { segment: this.segment, offset, length: trace.length, crc: checksum(trace) };
    });
    await this.write(this.traces, Buffer.concat(entries.map(({ trace }) => trace)));
    await this.traces.datasync();
    const lines = entries.map(({ record }, k) => {
      const { offset, length, crc } = places[k];
      const body = `"id":"${record.id}","trace":[${offset},${length},"${crc}"],"record":${recordToJson(record)}}`;
      return `{"crc":"${checksum(body)}",${body}\n`;
    });
    await this.write(this.runs, Buffer.from(lines.join('')));
    await this.runs.datasync();
    return places;
  }

  async close(): Promise<void> {
    await Promise.all([this.runs.close(), this.traces.close()]);
  }
}

/** A new file; undefined where there is one of that name. */
async function createFile(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
}

/** Undefined where the bytes are not those that were written. */
export async function readTrace(handle: FileHandle, { offset, length, crc }: Place): Promise<Uint8Array | undefined> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const { bytesRead } = await handle.read(bytes, at, length - at, offset + at);
    if (bytesRead === 0) return undefined;
    at += bytesRead;
  }
  return checksum(bytes) === crc ? bytes : undefined;
}
