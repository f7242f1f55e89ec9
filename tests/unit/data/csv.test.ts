import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import tabular from '../../../src/data/assets/tabular/tabular.json' with { type: 'json' };
import { readTable } from '../../../src/data/csv.ts';
import { dataErrorOf, readAsset } from './assets.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const TABLE = ['a,b,target,split', '1.5,-2e3,0,train', '0,7,1,test', '2,8,1,train'];

describe('readTable', () => {
  it('sorts rows into their splits, in order', () => {
    const { columns, train, test } = readTable('t.csv', encode(`${TABLE.join('\n')}\n`), 2);
    expect(columns).toEqual(['a', 'b']);
    expect(train).toEqual({ n: 2, x: Float64Array.of(1.5, -2000, 2, 8), labels: Uint32Array.of(0, 1) });
    expect(test).toEqual({ n: 1, x: Float64Array.of(0, 7), labels: Uint32Array.of(1) });
  });

  it('accepts Windows line ends and a missing last one', () => {
    expect(readTable('t.csv', encode(TABLE.join('\r\n')), 2)).toEqual(readTable('t.csv', encode(TABLE.join('\n')), 2));
  });

  it.each([
    ['an empty file', 1, '', 'the header ends in "", expected column names that end in "target,split"'],
    ['a header in another order', 1, 'a,b,split,target', 'the header ends in "split,target"'],
    ['a web page', 1, '<!doctype html>', 'the header ends in "<!doctype html>"'],
    ['a column twice', 1, 'a,a,target,split', 'a column name occurs twice'],
    ['a short row', 3, '0,1,test', '3 values, expected 4'],
    ['a long row', 4, '2,8,9,1,train', '5 values, expected 4'],
    ['an empty line', 3, '', '1 values, expected 4'],
    ['a word', 3, '0,seven,1,test', 'b is "seven", expected a number'],
    ['an empty value', 2, ',1,0,train', 'a is "", expected a number'],
    ['a hexadecimal value', 2, '0x10,1,0,train', 'a is "0x10", expected a number'],
    ['a value beyond float64', 2, '1e999,1,0,train', 'a is "1e999", expected a number'],
    ['NaN', 4, '2,NaN,1,train', 'b is "NaN", expected a number'],
    ['an unknown split', 4, '2,8,1,tra', 'split is "tra", expected "train" or "test"'],
    ['class 2 of 2', 4, '2,8,2,train', 'target is "2", expected a class from 0 to 1'],
    ['a broken class', 2, '2,8,0.5,train', 'target is "0.5", expected a class from 0 to 1'],
  ])('%s is refused at line %i', async (_, line, text, problem) => {
    const bytes = encode(TABLE.with(line - 1, text).join('\n'));
    const error = await dataErrorOf(() => readTable('t.csv', bytes, 2));
    expect(error.file).toBe('t.csv');
    expect(error.message).toContain(`t.csv: line ${line}: ${problem}`);
    expect(error.message).toContain('; restore the file from the repository');
  });
});

describe('the committed tables', () => {
  it.each([tabular.tables.breast_cancer, tabular.tables.wine])(
    '$file has the sha256 of its JSON',
    async ({ file, bytes, sha256 }) => {
      const stored = await readAsset(`tabular/${file}`);
      expect(stored.length).toBe(bytes);
      expect(createHash('sha256').update(stored).digest('hex')).toBe(sha256);
    },
  );

  it.each([tabular.tables.breast_cancer, tabular.tables.wine])('$file has the columns and ranges of its JSON', async (table) => {
    const read = readTable(table.file, await readAsset(`tabular/${table.file}`), table.classes.length);
    const scale: Record<string, { min: number; max: number }> = table.scale;
    expect(read.columns).toEqual(Object.keys(scale).filter((name) => name !== 'target'));
    expect(read.test.n).toBe(table.test_rows);
    expect(read.train.n + read.test.n).toBe(table.rows);
    const x = [...read.train.x, ...read.test.x];
    for (const [c, name] of read.columns.entries()) {
      const column = x.filter((_, i) => i % read.columns.length === c);
      expect([name, Math.min(...column), Math.max(...column)]).toEqual([name, scale[name].min, scale[name].max]);
    }
  });
});
