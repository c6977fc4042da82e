import type { CertificateInfo } from '../../../pki/index.ts';
import type { Finding } from '../../../report/index.ts';
import { type Findings, failures, merge, warnings } from '../../engine/findings.ts';

export interface ClusterRoots {
  readonly cluster: string;
  /** Where the roots were read, as problems name objects. */
  readonly object: string;
  readonly roots: readonly Pick<CertificateInfo, 'fingerprintSha256' | 'subject'>[];
}

/**
 * Compare the roots of every cluster with those that most clusters have. No root in common fails;
 * some in common, as in the middle of a rotation, warns.
 */
export function compareRoots(all: readonly ClusterRoots[]): Findings {
  const known = all.filter(({ roots }) => roots.length > 0);
  const reference = rootsOfMesh(all);
  if (!reference) return failures();
  return merge(known.map((one) => compare(one, reference)));
}

const rootsKey = ({ roots }: ClusterRoots): string =>
  [...new Set(roots.map(({ fingerprintSha256 }) => fingerprintSha256))].sort().join();

/** The cluster whose roots most clusters have; the first of the file wins a draw. */
export function rootsOfMesh<C extends ClusterRoots>(clusters: readonly C[]): C | undefined {
  const all = clusters.filter(({ roots }) => roots.length > 0);
  const votes = (one: ClusterRoots) => all.filter((other) => rootsKey(other) === rootsKey(one)).length;
  return all.reduce<C | undefined>(
    (best, one) => (best === undefined || votes(one) > votes(best) ? one : best),
    undefined,
  );
}

function compare(one: ClusterRoots, reference: ClusterRoots): Findings {
  if (rootsKey(one) === rootsKey(reference)) return failures();
  const theirs = new Set(reference.roots.map(({ fingerprintSha256 }) => fingerprintSha256));
  const shared = one.roots.some(({ fingerprintSha256 }) => theirs.has(fingerprintSha256));
  const problem: Finding = {
    cluster: one.cluster,
    object: one.object,
    message: shared
      ? `trusts other roots than ${reference.cluster}, with some in common`
      : `has no root in common with ${reference.cluster}`,
    evidence: `${one.cluster}: ${rootsText(one)}; ${reference.cluster}: ${rootsText(reference)}`,
    cause: shared
      ? 'a rotation of the root is not finished'
      : 'its proxies and those of the others refuse each other’s certificates',
    // Without one in common the check's own remedy holds.
    ...(shared ? { fix: 'finish the rotation: give every cluster the same set of roots' } : {}),
  };
  return shared ? warnings(problem) : failures(problem);
}

const rootsText = ({ roots }: ClusterRoots): string =>
  roots.map(({ subject, fingerprintSha256 }) => `${fingerprintSha256.slice(0, 16)} (${subject})`).join(', ');
