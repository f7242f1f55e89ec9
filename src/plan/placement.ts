/**
 * Networks of different depth as one plan: which ops there are and which replicas have them.
 *
 * Groups of equal networks are sorted by depth, deepest first, so that layer `l` belongs to a prefix of the replicas. What lies
 * behind the last hidden layer, the head, has one shape in all groups: its tensors are shared, and each group has ops of its own
 * that read them from the group's own last hidden layer.
 */
import { type Network, type Op, parametersOf } from '../model/network.ts';

/** Consecutive replicas. */
export interface Replicas {
  readonly first: number;
  readonly count: number;
}

/** An op on the plan's tensors, and the replicas that have it. */
export interface PlacedOp extends Replicas {
  readonly op: Op;
}

/** Replicas of one network within a plan. */
export interface PlanGroup extends Replicas {
  readonly network: Network;
  /** Trainable parameters in the order of the network. */
  readonly parameters: readonly string[];
  /** The plan's name of a tensor of this network, where it is another one. */
  readonly renamed: ReadonlyMap<string, string>;
}

export interface Placement {
  /** Of the deepest network: input, output, loss. */
  readonly deepest: Network;
  readonly replicas: number;
  readonly groups: readonly PlanGroup[];
  /** In execution order. */
  readonly ops: readonly PlacedOp[];
}

/** Steps of each replica's sequences. */
export function lengthsOf({ groups }: Placement): number[] {
  return groups.flatMap(({ network, count }) => new Array<number>(count).fill(network.sequence?.steps ?? 0));
}

/** What networks of one plan differ in: layers, or the length of sequences. */
const extentOf = ({ head, sequence }: Network) => sequence?.steps ?? head;

/** @param networks differ in depth alone, or in the length of their sequences; deepest or longest first */
export function placeNetworks(networks: readonly { readonly network: Network; readonly replicas: number }[]): Placement {
  const deepest = networks[0].network;
  let first = 0;
  const groups = networks.map(({ network, replicas: count }, k): PlanGroup => {
    if (k > 0 && extentOf(network) >= extentOf(networks[k - 1].network)) {
      throw new Error('plan: groups must be sorted, deepest first');
    }
    const group = { network, first, count, parameters: parametersOf(network).map(({ name }) => name) };
    first += count;
    return { ...group, renamed: headNames(network, deepest) };
  });
  const body = deepest.ops.slice(0, deepest.head).map((op, i): PlacedOp => {
    const having = groups.filter(({ network }) => network.head > i);
    return { op, first: 0, count: having.reduce((sum, { count }) => sum + count, 0) };
  });
  const heads = groups.flatMap(({ network, renamed, first, count }) =>
    network.ops.slice(network.head).map((op): PlacedOp => ({ op: renamedOp(op, renamed), first, count })),
  );
  return { deepest, replicas: first, groups, ops: [...body, ...heads] };
}

/** Whether a step has something to do where these replicas are idle. */
export function isNeeded({ replicas }: { readonly replicas?: Replicas }, idle: ReadonlySet<number>): boolean {
  if (!replicas) return true;
  for (let r = replicas.first; r < replicas.first + replicas.count; r++) if (!idle.has(r)) return true;
  return false;
}

/** The plan's name of a tensor of a group's network, gradients (`grad.l0.weight`, `dz0`) included. */
export function physicalName({ renamed }: PlanGroup, name: string): string {
  return renamed.get(name) ?? name;
}

function headNames(network: Network, deepest: Network): Map<string, string> {
  const names = new Map<string, string>();
  const add = (from: string, to: string, prefixes: readonly string[]) => {
    if (from !== to) for (const prefix of prefixes) names.set(`${prefix}${from}`, `${prefix}${to}`);
  };
  network.ops.slice(network.head).forEach((op, k) => {
    const other = deepest.ops[deepest.head + k];
    add(op.output, other.output, ['', 'd']);
    if (!('name' in op) || !('name' in other)) return;
    for (const part of ['weight', 'bias', 'stats', 'running']) add(`${op.name}.${part}`, `${other.name}.${part}`, ['', 'grad.']);
    add(op.name, other.name, ['']);
  });
  return names;
}

function renamedOp(op: Op, names: ReadonlyMap<string, string>): Op {
  const rename = (name: string) => names.get(name) ?? name;
  const output = rename(op.output);
  if (op.op === 'add') return { ...op, inputs: [rename(op.inputs[0]), rename(op.inputs[1])], output };
  const unary = { ...op, input: rename(op.input), output };
  return 'name' in unary ? { ...unary, name: rename(unary.name) } : unary;
}
