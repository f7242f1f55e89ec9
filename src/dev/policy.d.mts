import type { Plugin } from 'vite';

export declare const POLICY: string;
export declare const HEADERS: Readonly<Record<string, string>>;
export declare function policy(): Plugin;
