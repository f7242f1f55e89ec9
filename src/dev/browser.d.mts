/** Path of a Chrome or Chromium, or undefined. Installs nothing. */
export function findBrowser(): string | undefined;

/** As `findBrowser`, but downloads or installs one where there is none. Throws an Error of one sentence. */
export function ensureBrowser(): string;

/** Where a browser keeps its software Vulkan driver. */
export interface SwiftShader {
  /** Absolute path of `vk_swiftshader_icd.json`, for VK_DRIVER_FILES. */
  readonly icd: string;
  /** Folder of the `libvulkan.so.1` beside it, for LD_LIBRARY_PATH where the system has no Vulkan loader. */
  readonly loaderFolder: string | undefined;
}

/** The SwiftShader that ships with a browser, or undefined. */
export function swiftShaderIcd(browserPath: string): SwiftShader | undefined;
