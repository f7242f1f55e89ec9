/** What comes by drop, paste or the file button: read under limits, and joined to one import. */
import { formatCount } from '../../metrics/format.ts';
import { MAX_RUNS } from '../runs.ts';
import { MOST_BYTES } from './limits.ts';
import { type Imported, recognise } from './recognise.ts';

/** What waits for a person's word. */
export interface Incoming {
  /** `run.json`, `3 files`, `the pasted text`. */
  readonly name: string;
  readonly imported: Imported;
  /** The tensors of a case, where they came along. */
  readonly tensors?: Uint8Array | undefined;
}

/** At a time. A case comes with one more than an experiment does, but alone. */
const MOST_FILES = MAX_RUNS;
/** Of a case's tensors. */
const MOST_TENSOR_BYTES = 128 * 2 ** 20;
const isTensors = (name: string) => name.endsWith('.safetensors');
const refused = (name: string, problem: string): Incoming => ({ name, imported: { kind: 'refused', problems: [problem] } });

export function readText(text: string, name: string): Incoming {
  return { name, imported: recognise(text, name) };
}

/** Several files are several experiments, or a case and its tensors. */
export async function readFiles(files: readonly File[]): Promise<Incoming> {
  const name = files.length === 1 ? files[0].name : `${files.length} files`;
  if (files.length > MOST_FILES) return refused(name, `${name} were given; valid are up to ${MOST_FILES} at a time`);
  for (const file of files) {
    const most = isTensors(file.name) ? MOST_TENSOR_BYTES : MOST_BYTES;
    if (file.size > most) {
      const [has, may] = [file.size, most].map(formatCount);
      return refused(name, `${file.name}: it has ${has} bytes; valid are up to ${may}`);
    }
  }
  const documents = files.filter((file) => !isTensors(file.name));
  if (documents.length === 0) {
    const wanted = files[0]?.name.replace(/safetensors$/, 'json') ?? 'case.json';
    return refused(name, `${name}: these are tensors alone; drop the case that belongs to them too, for example ${wanted}`);
  }
  const read = await Promise.all(documents.map(async (file) => recognise(await file.text(), file.name)));
  const imported = join(read, name);
  if (imported.kind !== 'case') return { name, imported };
  const tensors = files.find((file) => file.name === imported.tensors);
  if (!tensors) {
    return refused(name, `${documents[0].name}: its tensors are missing; drop it together with the file "${imported.tensors}"`);
  }
  return { name: documents[0].name, imported, tensors: new Uint8Array(await tensors.arrayBuffer()) };
}

function join(read: readonly Imported[], name: string): Imported {
  if (read.length === 1) return read[0];
  const problems = read.flatMap((one) => (one.kind === 'refused' ? one.problems : []));
  if (problems.length > 0) return { kind: 'refused', problems };
  const experiments = read.flatMap((one) => (one.kind === 'experiments' ? one.experiments : []));
  if (read.some(({ kind }) => kind !== 'experiments')) {
    return {
      kind: 'refused',
      problems: [`${name}: they hold a sweep or a case beside others; valid is one sweep, one case, or experiments`],
    };
  }
  if (experiments.length > MAX_RUNS) {
    return { kind: 'refused', problems: [`${name}: they hold ${experiments.length} experiments; valid are up to ${MAX_RUNS}`] };
  }
  return { kind: 'experiments', experiments, titles: read.flatMap((one) => (one.kind === 'experiments' ? one.titles : [])) };
}
