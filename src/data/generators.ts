/** The rules of the generated tasks, by name: plain arithmetic, which the twin of `draw_generated` shares. */
import type { GeneratedTaskName } from '../model/schema.ts';
import { addingGenerator } from './adding.ts';
import { copyMemoryGenerator } from './copy-memory.ts';
import { delayedParityGenerator } from './delayed-parity.ts';
import type { SequenceGenerator } from './generated.ts';
import { temporalOrderGenerator } from './temporal-order.ts';

export const GENERATORS: Readonly<Record<GeneratedTaskName, SequenceGenerator>> = {
  adding: addingGenerator,
  copy_memory: copyMemoryGenerator,
  temporal_order: temporalOrderGenerator,
  delayed_parity: delayedParityGenerator,
};
