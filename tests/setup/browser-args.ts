/**
 * Flags that give a headless Chromium a WebGPU adapter on a machine without a GPU, and the same one, SwiftShader, on every
 * machine. Chrome on macOS has no SwiftShader for WebGPU, and always a Metal device.
 */
export const BROWSER_ARGS = [
  '--enable-unsafe-webgpu',
  '--no-sandbox',
  '--disable-gpu-sandbox',
  ...(process.platform === 'darwin' ? [] : ['--use-webgpu-adapter=swiftshader']),
];
