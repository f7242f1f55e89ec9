/** Tables as Parquet; its library is loaded where one is written. */
import { type BasicType, ParquetWriter, schemaFromColumnData, type Writer } from 'hyparquet-writer';
import type { Cell, Column, ColumnType } from './trace-tables.ts';

const PARQUET_TYPES: Readonly<Record<ColumnType, BasicType>> = {
  string: 'STRING',
  boolean: 'BOOLEAN',
  int: 'INT32',
  float: 'FLOAT',
  double: 'DOUBLE',
  // Text: readers that know no JSON type show it, too.
  json: 'STRING',
};

/** Rows of a row group: a fixed number, so that the file depends on its rows alone. */
const GROUP = 1 << 16;

/** Writes rows to a writer of the library's, a group at a time. */
export class ParquetTable {
  readonly #columns: readonly Column[];
  readonly #parquet: ParquetWriter;
  #data: Cell[][];

  constructor(writer: Writer, columns: readonly Column[]) {
    const described = columns.map(({ name, type }) => ({ name, type: PARQUET_TYPES[type], nullable: true, data: [] }));
    const schema = schemaFromColumnData({ columnData: described });
    this.#columns = columns;
    this.#parquet = new ParquetWriter({ writer, schema, createdBy: 'nablascope' });
    this.#data = columns.map(() => []);
  }

  write(row: readonly Cell[]): void | Promise<void> {
    for (let k = 0; k < row.length; k++) this.#data[k].push(row[k]);
    return this.#data[0].length < GROUP ? undefined : this.#flush();
  }

  async finish(): Promise<void> {
    if (this.#data[0].length > 0) await this.#flush();
    await this.#parquet.finish();
  }

  async #flush(): Promise<void> {
    const columnData = this.#columns.map(({ name }, k) => ({ name, data: this.#data[k] }));
    this.#data = this.#columns.map(() => []);
    await this.#parquet.write({ columnData, rowGroupSize: GROUP });
  }
}
