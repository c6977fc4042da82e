import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bed } from '../e2e/bed.ts';

/** One real fault of a multi-cluster mesh: how to cause it, what must be said of it, how to mend it. */
export interface Fault {
  /** Number of the pain, such as `B13`. */
  readonly pain: string;
  readonly title: string;
  readonly inject: (bed: Bed, mesh: Pairing) => Promise<void>;
  /** The check that must find it, and what its problems must name. */
  readonly expects: { readonly check: string; readonly names: readonly RegExp[] };
  readonly undo: (bed: Bed, mesh: Pairing) => Promise<void>;
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
