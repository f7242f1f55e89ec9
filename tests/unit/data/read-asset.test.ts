import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readAssetByFetch } from '../../../src/data/read-asset-browser.ts';
import { readAssetFromFolder } from '../../../src/data/read-asset-node.ts';
import { dataErrorOf } from './assets.ts';

const FOLDER = new URL('../../../src/data/assets', import.meta.url);
const LABELS = 'digits8/digits8-test-labels.idx.gz';

describe('readAssetFromFolder', () => {
  it('reads the same bytes below a URL and below a path', async () => {
    const bytes = await readAssetFromFolder(FOLDER)(LABELS);
    expect(bytes.length).toBe(112); // digits8.json
    expect(await readAssetFromFolder(fileURLToPath(FOLDER))(LABELS)).toEqual(bytes);
  });

  it('names a missing file, where it was looked for and what to do', async () => {
    const error = await dataErrorOf(() => readAssetFromFolder(FOLDER)('wine/none.csv'));
    expect(error.file).toBe('wine/none.csv');
    const place = join(fileURLToPath(FOLDER), 'wine/none.csv');
    expect(error.message).toBe(`wine/none.csv: there is no file ${place}; restore it from the repository`);
  });

  it('names the reason when a file cannot be read', async () => {
    // A folder is no file: EISDIR.
    const error = await dataErrorOf(() => readAssetFromFolder(FOLDER)('digits8'));
    expect(error.message).toContain('cannot be read (EISDIR)');
  });
});

describe('readAssetByFetch', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('fetches the URL that Vite gave the file', async () => {
    const fetched = vi.fn(async (_: string) => new Response(Uint8Array.of(1, 2, 3)));
    vi.stubGlobal('fetch', fetched);
    expect(await readAssetByFetch(LABELS)).toEqual(Uint8Array.of(1, 2, 3));
    expect(fetched.mock.calls[0][0]).toContain('digits8-test-labels.idx.gz');
  });

  it('reports an HTTP error with its status', async () => {
    vi.stubGlobal('fetch', async () => new Response('gone', { status: 404, statusText: 'Not Found' }));
    const error = await dataErrorOf(() => readAssetByFetch(LABELS));
    expect(error.file).toBe(LABELS);
    expect(error.message).toContain('the server answered 404 Not Found for ');
  });

  it('reports a network failure with its reason', async () => {
    vi.stubGlobal('fetch', async () => {
      throw new TypeError('Failed to fetch');
    });
    const error = await dataErrorOf(() => readAssetByFetch(LABELS));
    expect(error.message).toContain('could not be fetched (Failed to fetch); check the connection');
  });

  it('does not fetch a file that is not in the build', async () => {
    const fetched = vi.fn();
    vi.stubGlobal('fetch', fetched);
    const error = await dataErrorOf(() => readAssetByFetch('digits8/digits9.idx.gz'));
    expect(error.message).toContain('was not there when the page was built');
    expect(fetched).not.toHaveBeenCalled();
  });
});
