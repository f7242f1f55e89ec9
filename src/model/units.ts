/** Hidden layers as a network's outputs of units: what the unit probe looks at. */
import type { Network, Op } from './network.ts';
import type { Activation } from './schema.ts';

/** The outputs of one hidden layer, (B, features) per replica. */
export interface UnitLayer {
  readonly tensor: string;
  readonly features: number;
  readonly activation: Activation;
  /** Index of the op that writes it. */
  readonly op: number;
}

/** Outputs of the activations, input side first; in a network without any, those of the linear layers but the last. */
export function unitLayersOf({ ops, head, sequence }: Network): UnitLayer[] {
  // Of recurrent layers the gates are looked at instead.
  if (sequence) return [];
  const layers = (select: (op: Op) => Omit<UnitLayer, 'op'> | undefined) =>
    ops.slice(0, head).flatMap((op, index): UnitLayer[] => {
      const layer = select(op);
      return layer ? [{ ...layer, op: index }] : [];
    });
  const activated = layers((op) =>
    op.op === 'activation' ? { tensor: op.output, features: op.features, activation: op.activation } : undefined,
  );
  if (activated.length > 0) return activated;
  return layers((op) => (op.op === 'linear' ? { tensor: op.output, features: op.outputs, activation: 'linear' } : undefined));
}
