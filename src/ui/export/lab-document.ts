/** The Lab's runs as one JSON document, which can be dropped on the page again. */
import { runId } from '../../model/experiment.ts';
import { runName } from '../runs.ts';
import type { LabState } from '../state.ts';

export function labDocument({ experiments, titles, engine, marks }: LabState, permalink: string): string {
  const document = {
    permalink,
    engine,
    changes: marks,
    experiments: experiments.map((experiment, r) => ({
      run: runName(r),
      title: titles[r],
      runId: runId(experiment),
      experiment,
    })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
