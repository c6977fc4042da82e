import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bed } from '../e2e/bed.ts';

/** One real fault of a multi-cluster mesh: how to cause it, what must be said of it, how to mend it. */
export interface Fault {
  /** Number of the pain, such as `B13`. */
  readonly pain: string;
  readonly title: string;
  /** What is really done to the running mesh. */
  readonly done: string;
  /** Ends when the fault is in effect, so that the time to diagnosis can start. */
  readonly inject: (bed: Bed, mesh: Pairing) => Promise<void>;
  /** The check that doctor must name first, and what its problems must say, cluster and object included. */
  readonly expects: { readonly check: string; readonly names: readonly RegExp[] };
  /** Other checks that are untrue because of this fault; doctor --all may name these and no more. */
  readonly follows: readonly Consequence[];
  /** What a complaint of others must say to point at the cause and not only at a symptom. */
  readonly points: RegExp;
  /** Instead of doctor, for a fault of which doctor is not the judge; returns what was said. */
  readonly diagnose?: (bed: Bed) => Promise<string>;
  readonly undo: (bed: Bed, mesh: Pairing) => Promise<void>;
}

export interface Consequence {
  readonly check: string;
  readonly why: string;
}

/** The two clusters of the bed, as the fault uses them. */
export interface Pairing {
  readonly here: string;
  readonly there: string;
}

/** A pain without a fault here, and why. */
export interface Argued {
  readonly pain: string;
  readonly title: string;
  readonly why: string;
}

/** Let isthmus bring the mesh back to what its file says. */
export async function heal(bed: Bed): Promise<void> {
  const up = await bed.isthmus(['up', '--events', 'plain']);
  if (up.exitCode !== 0) throw new Error(`up failed: ${up.stderr}${up.stdout}`);
}

/** JSON merge patch of one object. */
export async function patch(
  bed: Bed,
  cluster: string,
  what: { readonly namespace: string; readonly object: string; readonly change: object },
): Promise<void> {
  const { namespace, object, change } = what;
  const text = JSON.stringify(change);
  await bed.ok(cluster, ['-n', namespace, 'patch', object, '--type=merge', '-p', text]);
}

/** Create or change an object through the API server, as a user would with a file. */
export async function applyTo(bed: Bed, cluster: string, object: object): Promise<void> {
  const file = join(bed.folder, 'fault.json');
  await writeFile(file, JSON.stringify(object), { mode: 0o600 });
  await bed.ok(cluster, ['apply', '-f', file]);
}

/** Read one object as JSON. */
export async function read<T>(bed: Bed, cluster: string, args: readonly string[]): Promise<T> {
  return JSON.parse(await bed.ok(cluster, [...args, '-o', 'json'])) as T;
}

/** Roll a Deployment and wait until only new pods are left. */
export async function restart(bed: Bed, cluster: string, what: string): Promise<void> {
  const [namespace = '', ...names] = what.split(' ');
  await bed.ok(cluster, ['-n', namespace, 'rollout', 'restart', ...names]);
  await settle(bed, cluster, what);
}

/** Wait until Deployments, as in `sample deploy/sleep`, have only new pods and no pod of the namespace is going. */
export async function settle(bed: Bed, cluster: string, what: string): Promise<void> {
  const [namespace = '', ...names] = what.split(' ');
  for (const name of names)
    await bed.ok(cluster, ['-n', namespace, 'rollout', 'status', name, '--timeout=120s']);
  const path = 'jsonpath={.items[*].metadata.deletionTimestamp}';
  const until = Date.now() + 90_000;
  while (await bed.ok(cluster, ['-n', namespace, 'get', 'pods', '-o', path]))
    if (Date.now() > until) throw new Error(`pods of ${namespace} in ${cluster} do not go`);
}

/** Restart whatever has a proxy, so that it takes over what only a start takes over. */
export async function restartProxies(bed: Bed, cluster: string): Promise<void> {
  await Promise.all([restart(bed, cluster, 'sample deploy'), restart(bed, cluster, 'istio-ingress deploy')]);
}
