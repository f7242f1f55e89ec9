/** Runs the command line as its user does, in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';

/** A software GPU compiles each pipeline on the CPU, which takes seconds on two shared cores. */
export const SLOW = { timeout: 240_000 };

const SCRIPT = resolve('src/dev/cli.mjs');

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An empty folder that is removed after the test. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nablascope-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Everything below a folder, hidden files included. */
export function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true }).map(String).sort();
}

/**
 * Starts the command line.
 *
 * @param cwd the user's folder
 */
export function startCli(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): ChildProcess {
  const { npm_lifecycle_event: _event, INIT_CWD: _cwd, ...own } = process.env;
  return spawn(process.execPath, [SCRIPT, ...args], { cwd, env: { ...own, NO_COLOR: '1', ...env } });
}

export async function runCli(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return finish(startCli(args, cwd, env));
}

/** Waits for the end of a process whose output is piped. */
export async function finish(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (data) => {
    stdout += data;
  });
  child.stderr?.on('data', (data) => {
    stderr += data;
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, stdout, stderr };
}

/**
 * No driver of this machine: on Linux `--engine gpu` must then start anew with Chromium's SwiftShader. Elsewhere the variable
 * means nothing and the machine's own adapter is used.
 */
export const NO_DRIVER = { VK_DRIVER_FILES: '/none.json', VK_ICD_FILENAMES: '/none.json' } as const;

/** What the command line itself wrote to stderr: Dawn and the Vulkan loader complain there about drivers that they pass over. */
export function withoutDawn(stderr: string): string {
  return stderr.replace(/^(Warning: .*| - While .*| {4}at \w+ \(.*dawn.*|)\n/gm, '');
}
