/** Golden cases on the WebGPU engine: `src/audit` runs in a page, too. */
import { expect, test } from 'vitest';
import { auditCase } from '../../src/audit/audit.ts';
import { parseCase, readCase } from '../../src/audit/case.ts';
import { openEngine } from '../../src/engine/open.ts';
import { RANGES } from '../../src/model/schema.ts';

const DOCUMENTS = import.meta.glob<unknown>('./cases/*.json', { eager: true, import: 'default' });
const TENSORS = import.meta.glob<string>('./cases/*.safetensors', { eager: true, query: '?url', import: 'default' });

const engine = await openEngine('gpu', navigator.gpu, 'use');

test('nine cases are here', () => {
  expect(Object.keys(DOCUMENTS)).toHaveLength(9);
});

const BOTH = Object.keys(DOCUMENTS).flatMap((path) => RANGES.map((range) => [path, range] as const));

test.each(BOTH)('%s is PyTorch’s on the WebGPU engine, range %s', async (path, range) => {
  const document = parseCase(DOCUMENTS[path], path);
  const file = path.replace(/[^/]+$/, document.tensors);
  const response = await fetch(TENSORS[file]);
  const given = readCase(document, new Uint8Array(await response.arrayBuffer()), file);
  const { quantities, engine: name } = await auditCase(engine, given, file, range);
  expect(name).toBe('gpu');
  expect(quantities.filter(({ passed }) => !passed)).toEqual([]);
  expect(quantities.every(({ compared }) => compared > 0)).toBe(true);
});
