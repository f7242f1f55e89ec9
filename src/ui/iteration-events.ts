/** What the charts over the iterations ask for, as actions: all of them have one crosshair and one zoom. */
import { iterationScale } from './chart-data.ts';
import { act, type NablaEvent } from './events.ts';
import type { LabState } from './state.ts';
import { iterationsBetween } from './zooms.ts';

/** Listeners for the events of charts in an element. */
export function iterationListeners(element: HTMLElement & { readonly lab: LabState }) {
  return {
    hover({ detail }: NablaEvent<'chart-hover'>): void {
      const { lab } = element;
      const iteration = detail === undefined ? undefined : Math.max(0, Math.round(iterationScale(lab).iteration(detail)));
      if (iteration !== lab.hover) act(element, { type: 'hover', iteration });
    },
    zoom({ detail }: NablaEvent<'chart-zoom'>): void {
      act(element, { type: 'zoom', range: iterationsBetween(iterationScale(element.lab), detail) });
    },
    view({ detail }: NablaEvent<'chart-view'>): void {
      act(element, { type: 'zoom', range: iterationsBetween(iterationScale(element.lab), detail), continues: true });
    },
    reset({ detail: { all } }: NablaEvent<'chart-reset'>): void {
      if (element.lab.zooms.length > 0) act(element, { type: 'zoom back', all });
    },
  };
}
