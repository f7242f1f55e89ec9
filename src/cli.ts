/** The same engine without a browser: `npm run -s cli -- COMMAND`. */
import { main } from './cli/main.ts';

process.exitCode = await main(process.argv.slice(2));
