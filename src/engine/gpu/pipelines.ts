/** Compute pipelines, compiled in parallel and cached by kernel and constants. */
import { type KernelName, kernelEntry } from '../../plan/kernels.ts';
import type { AnyStep } from '../../plan/plan.ts';
import { ShaderError } from '../engine.ts';
import { shaderSource } from './shaders.ts';

export class Pipelines {
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  readonly #modules = new Map<KernelName, Promise<GPUShaderModule>>();
  readonly #layouts = new Map<KernelName, GPUBindGroupLayout>();

  constructor(readonly device: GPUDevice) {}

  /** @throws ShaderError when the kernel does not compile */
  get({ kernel, constants }: AnyStep): Promise<GPUComputePipeline> {
    const key = `${kernel} ${JSON.stringify(constants)}`;
    let pipeline = this.#pipelines.get(key);
    if (!pipeline) {
      pipeline = this.#compile(kernel, constants);
      this.#pipelines.set(key, pipeline);
    }
    return pipeline;
  }

  layout(kernel: KernelName): GPUBindGroupLayout {
    let layout = this.#layouts.get(kernel);
    if (!layout) {
      const entries = Object.values(kernelEntry(kernel).bindings).map(({ access }, binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: access === 'read' ? ('read-only-storage' as const) : ('storage' as const) },
      }));
      layout = this.device.createBindGroupLayout({ label: kernel, entries });
      this.#layouts.set(kernel, layout);
    }
    return layout;
  }

  async #compile(kernel: KernelName, constants: Readonly<Record<string, number>>): Promise<GPUComputePipeline> {
    const [WX, WY] = kernelEntry(kernel).workgroup;
    return this.device.createComputePipelineAsync({
      label: kernel,
      layout: this.device.createPipelineLayout({ label: kernel, bindGroupLayouts: [this.layout(kernel)] }),
      compute: {
        module: await this.#module(kernel),
        entryPoint: kernel,
        constants: { ...constants, WX, ...(WY > 1 ? { WY } : {}) },
      },
    });
  }

  #module(kernel: KernelName): Promise<GPUShaderModule> {
    let module = this.#modules.get(kernel);
    if (!module) {
      module = this.#createModule(kernel);
      this.#modules.set(kernel, module);
    }
    return module;
  }

  async #createModule(kernel: KernelName): Promise<GPUShaderModule> {
    const { code, locate } = shaderSource(kernel);
    this.device.pushErrorScope('validation');
    const module = this.device.createShaderModule({ label: kernel, code });
    const [info] = await Promise.all([module.getCompilationInfo(), this.device.popErrorScope()]);
    const error = info.messages.find(({ type }) => type === 'error');
    if (error) {
      const { file, line } = locate(error.lineNum);
      throw new ShaderError(file, line, error.message);
    }
    return module;
  }
}
