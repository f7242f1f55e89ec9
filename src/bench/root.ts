import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository: two folders up from here and from the built dist/cli/cli.js alike. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
