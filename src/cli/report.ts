/** `report`: a sweep's results as one HTML file. */
import { join } from 'node:path';
import { formatRuns } from '../metrics/format.ts';
import { decodeTrace } from '../metrics/trace-codec.ts';
import { reportHtml } from '../report/report.ts';
import { expand, resolveAxes } from '../sweep/axes.ts';
import type { RunRecord } from '../sweep/record.ts';
import type { Arguments } from './arguments.ts';
import { EXIT } from './errors.ts';
import { writeWhole } from './files.ts';
import type { Command } from './main.ts';
import { type DirectoryStore, openDirectory } from './store-directory.ts';
import { onePositional } from './train.ts';

export const report: Command = {
  name: 'report',
  usage: 'DIR [--out FILE.html]',
  summary: 'Writes a sweep’s maps, curves and table as one HTML file.',
  options: { out: { value: 'FILE.html', help: 'By default DIR/report.html.' } },
  notes: 'The file holds no script and loads nothing; it can be mailed or printed.\nExample: report sweep1 --out sweep1.html',
  run,
};

async function run(args: Arguments): Promise<number> {
  const folder = onePositional('report', args, 'a folder that sweep --out wrote');
  const out = args.value('out') ?? join(folder, 'report.html');
  const store = await openDirectory(folder);
  try {
    const { html, runs } = await reportOf(store);
    writeWhole(out, html);
    process.stdout.write(`The report on ${formatRuns(runs)} is ${out}.\n`);
    return EXIT.done;
  } finally {
    await store.close();
  }
}

/** The report on what a folder holds. */
export async function reportOf(store: DirectoryStore): Promise<{ readonly html: string; readonly runs: number }> {
  const { manifest } = store;
  const { points, duplicates, excluded } = expand(manifest.sweep, store.folder);
  const wanted = new Set(points.map(({ id }) => id));
  const records: RunRecord[] = [];
  for await (const record of store.records()) if (wanted.has(record.id)) records.push(record);
  const html = await reportHtml({
    manifest,
    axes: resolveAxes(manifest.sweep),
    points,
    duplicates: duplicates.length,
    excluded,
    // However the sweep was cut.
    records: records.sort((a, b) => (a.id < b.id ? -1 : 1)),
    trace: async (id) => {
      const bytes = await store.trace(id);
      return bytes && decodeTrace(bytes);
    },
  });
  return { html, runs: records.length };
}
