/** The committed data files and small helpers, for the tests of this folder. */

import { readAssetFromFolder } from '../../../src/data/read-asset-node.ts';
import { DataError } from '../../../src/model/errors.ts';

export const readAsset = readAssetFromFolder(new URL('../../../src/data/assets', import.meta.url));

/** The DataError that `act` rejects or throws with; fails when it does neither, or anything else. */
export async function dataErrorOf(act: () => unknown): Promise<DataError> {
  try {
    await act();
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
  throw new Error('expected a DataError, nothing was thrown');
}
