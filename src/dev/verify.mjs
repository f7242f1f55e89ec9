// The theory tests at the published sizes and numbers of seeds; the gate runs them at smaller ones. Arguments go to Vitest:
// `npm run verify -- batch-norm`.
import './install.mjs';
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import { join } from 'node:path';
import { root } from './build.mjs';

const args = process.argv.slice(2);
const result = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--project=node',
    '--reporter=verbose',
    `--maxWorkers=${os.availableParallelism()}`,
    ...(args.length > 0 ? args : ['tests/theory']),
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, NABLASCOPE_VERIFY: 'full' } },
);
process.exitCode = result.status ?? 1;
