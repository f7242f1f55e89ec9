/** Engines in Node: Dawn through the npm package `webgpu`, Chromium's SwiftShader where nothing better exists, or the CPU engine. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, tmpdir } from 'node:os';
import { delimiter } from 'node:path';
import { findBrowser, type SwiftShader, swiftShaderIcd } from '../dev/browser.mjs';
import { CpuEngine } from '../engine/cpu/engine.ts';
import type { Engine } from '../engine/engine.ts';
import { NoGpuError } from '../engine/gpu/context.ts';
import { openEngine, type SoftwareRule } from '../engine/open.ts';
import type { EngineChoice } from '../engine/report.ts';
import { HandedOver } from './errors.ts';
import { resting } from './resting.ts';

/** Set in a process that was started anew with SwiftShader's driver, so that it never starts a third one. */
const GUARD = 'NABLASCOPE_SWIFTSHADER';

const NO_PACKAGE = 'The npm package webgpu, an optional dependency, is not installed.';
const NO_ADAPTER = 'No WebGPU adapter was found: this machine has no GPU, or no driver that WebGPU accepts.';

const opened = new Set<Engine>();

/**
 * Destroys what `openNodeEngine` has opened. Dawn then waits for the work in flight: a process that ends before that crashes in
 * the driver's threads.
 */
export function destroyEngines(): void {
  for (const engine of opened) engine.destroy();
}

/**
 * Opens the engine that a user asked for. For `gpu` without an adapter, the whole process is started once more with the software
 * driver of an installed Chromium: driver and loader are read from the environment when a process starts.
 *
 * @param software what `auto` makes of a software adapter
 * @throws NoGpuError when the GPU was asked for by name and there is none
 * @throws HandedOver when another process has done all the work
 */
export async function openNodeEngine(choice: EngineChoice, software: SoftwareRule = 'refuse'): Promise<Engine> {
  const engine = await open(choice, software);
  opened.add(engine);
  return engine;
}

async function open(choice: EngineChoice, software: SoftwareRule): Promise<Engine> {
  if (choice === 'cpu') return openEngine(choice, undefined, software);
  const gpu = await openDawn();
  if (gpu === undefined) {
    if (choice === 'gpu') throw new NoGpuError('navigator.gpu missing', `${NO_PACKAGE} Run npm install, or use --engine cpu.`);
    return new CpuEngine({ engine: 'cpu', why: `${NO_PACKAGE} The CPU engine runs instead.`, noGpu: 'navigator.gpu missing' });
  }
  if (gpu === null) return withoutAdapter(choice);
  try {
    const engine = await openEngine(choice, gpu, software, resting);
    return engine.report.noGpu === 'adapter null' ? withoutAdapter(choice) : engine;
  } catch (error) {
    if (!(error instanceof NoGpuError) || error.reason !== 'adapter null') throw error;
    return withoutAdapter(choice);
  }
}

/** The CPU engine for `auto`; for `gpu` the software adapter of an installed Chromium. */
async function withoutAdapter(choice: EngineChoice): Promise<Engine> {
  if (choice !== 'gpu') {
    return new CpuEngine({ engine: 'cpu', why: `${NO_ADAPTER} The CPU engine runs instead.`, noGpu: 'adapter null' });
  }
  const software = process.env[GUARD] === undefined ? findSwiftShader() : undefined;
  if (software === undefined) {
    throw new NoGpuError(
      'adapter null',
      `${NO_ADAPTER} Install Chrome or Chromium for its software adapter, or use --engine cpu.`,
    );
  }
  return handOver(software);
}

/** The software driver of an installed Chromium, or undefined. */
export function findSwiftShader(): SwiftShader | undefined {
  const browser = findBrowser();
  return browser === undefined ? undefined : swiftShaderIcd(browser);
}

/** Dawn's `navigator.gpu`; undefined where the package is not installed, null where Dawn would find nothing to load. */
async function openDawn(): Promise<GPU | null | undefined> {
  // Mesa's drivers complain on stderr without it.
  process.env.XDG_RUNTIME_DIR ??= tmpdir();
  try {
    const { create, globals } = await import('webgpu');
    if (!hasVulkanLoader()) return null;
    Object.assign(globalThis, globals);
    return create([]);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND' || code === 'ERR_DLOPEN_FAILED') return undefined;
    throw error;
  }
}

/**
 * Whether Vulkan's loader can be loaded, which Dawn needs on Linux and whose absence it reports with a stack trace of its own.
 * Asked of the dynamic linker as Dawn will ask it. A library that is no Node module always throws; only its not being a module
 * tells that it was found, and Node says so in no other way than the message.
 */
function hasVulkanLoader(): boolean {
  if (process.platform !== 'linux') return true;
  try {
    process.dlopen({ exports: {} }, 'libvulkan.so.1');
    return true;
  } catch (error) {
    return (error as Error).message.includes('self-register');
  }
}

/** Runs this command in a process that sees SwiftShader, passes signals on and takes over its exit code. */
async function handOver({ icd, loaderFolder }: SwiftShader): Promise<never> {
  const libraries = [loaderFolder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter);
  const env = { ...process.env, [GUARD]: '1', VK_DRIVER_FILES: icd, VK_ICD_FILENAMES: icd, LD_LIBRARY_PATH: libraries };
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.removeAllListeners(signal);
    process.on(signal, () => child.kill(signal));
  }
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  throw new HandedOver(code ?? 128 + (signal ? constants.signals[signal] : 0));
}
