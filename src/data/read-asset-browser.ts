/** Data files by HTTP, for the page's worker. Vite gives each committed file its URL. */
import { DataError } from '../model/errors.ts';
import type { ReadAsset } from './dataset.ts';

const URLS = import.meta.glob<string>('./assets/**/*.{gz,csv}', { query: '?url', import: 'default', eager: true });

/**
 * Fetches an asset. A server may send `.gz` files unpacked, so the bytes can be either.
 *
 * @throws DataError when the path is no committed file, the network fails, or the server answers with an error
 */
export const readAssetByFetch: ReadAsset = async (path) => {
  const url = URLS[`./assets/${path}`];
  if (url === undefined) {
    throw new DataError(path, 'the file was not there when the page was built; restore it from the repository and build again');
  }
  try {
    const response = await fetch(url);
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    const status = `${response.status} ${response.statusText}`.trim();
    throw new DataError(path, `the server answered ${status} for ${url}; reload the page, or deploy all files of the build`);
  } catch (error) {
    if (error instanceof DataError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataError(path, `${url} could not be fetched (${reason}); check the connection and reload the page`);
  }
};
