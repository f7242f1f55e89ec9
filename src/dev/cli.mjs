// Runs dist/cli/cli.js with the user's arguments in the user's folder, after building it where it is missing or out of date.
import './install.mjs';
import './follow-npm.mjs';
import { pathToFileURL } from 'node:url';
import { buildCli, cli, isCliStale, problemOf } from './build.mjs';

if (isCliStale()) {
  try {
    await buildCli();
  } catch (error) {
    console.error(`The CLI could not be built: ${problemOf(error)}`);
    process.exit(1);
  }
}
// npm changes to the package's folder and keeps the caller's in INIT_CWD.
process.chdir(process.env.INIT_CWD ?? process.cwd());
process.argv.splice(1, 1, cli);
await import(pathToFileURL(cli).href);
