/** The events elements send upwards; the app turns them into actions. */
import type { Deleted } from './history.ts';
import type { Action } from './state.ts';

interface NablaEvents {
  /** Position on the x axis, undefined when the pointer leaves. */
  'chart-hover': number | undefined;
  /** From and to position. */
  'chart-zoom': readonly [number, number];
  /** From and to position, while a gesture goes on: it takes the place of the zoom that the gesture began with. */
  'chart-view': readonly [number, number];
  'chart-reset': { readonly all: boolean };
  action: Action;
  /** What is being typed or dragged and not yet in force; undefined once it is given up. */
  'field-preview': { readonly path: string; readonly value: unknown } | undefined;
}

/** Sends an event that crosses shadow roots. */
export function emit<K extends keyof NablaEvents>(from: HTMLElement, name: K, detail: NablaEvents[K]): void {
  const event = new CustomEvent(name, { detail, bubbles: true, composed: true });
  // The constructor makes null of undefined, which would be position 0.
  if (detail === undefined) Object.defineProperty(event, 'detail', { value: undefined });
  from.dispatchEvent(event);
}

export function act(from: HTMLElement, action: Action): void {
  emit(from, 'action', action);
}

export type NablaEvent<K extends keyof NablaEvents> = CustomEvent<NablaEvents[K]>;

/** Puts away what this browser keeps; an undo brings it back. */
export function emitDeletion(from: HTMLElement, deleted: Deleted, name: string): void {
  act(from, { type: 'deleted', deleted, text: `Deletion of “${name}”` });
}
