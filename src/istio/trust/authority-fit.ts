import { IsthmusError, type Location } from '../../errors/index.ts';
import { anchorOf, inspect, readableCertificates, verifyAuthority } from '../../pki/index.ts';
import { type ClusterSpec, contextOf, istioNamespaceOf } from '../../topology/index.ts';
import type { PluggedAuthority } from './plugged-authority.ts';

/**
 * How a cluster's `cacerts` stands to the mesh's root. `due`: it is absent, broken or old, and a new
 * intermediate takes its place; `other-root`: ours, but below another root; `foreign`: somebody else
 * made it, and it is not below the mesh's root or needs a renewal that is not ours to make.
 */
export interface AuthorityFit {
  readonly fit: 'good' | 'due' | 'other-root' | 'foreign';
  /** Why it is not good; empty if it is. */
  readonly reason: string;
}

/** @param roots SHA-256 of the roots below which it may be; none means that the mesh has none yet */
export function authorityFit(
  existing: PluggedAuthority | undefined,
  roots: readonly string[],
  now = new Date(),
): AuthorityFit {
  if (!existing) return { fit: 'due', reason: 'there is no certificate authority yet' };
  const { data, managed } = existing;
  const anchor = anchorOf(data);
  const trusted = readableCertificates(data['root-cert.pem']).map((one) => one.fingerprintSha256);
  const broken = verifyAuthority(data, { now }).find(({ severity }) => severity === 'fail');
  const apart = anchor ? !roots.includes(anchor.fingerprintSha256) : disjoint(trusted, roots);
  if (apart) {
    const name = anchor?.subject ?? 'one that is not to be made out';
    return {
      fit: managed ? 'other-root' : 'foreign',
      reason: `its certificate authority descends from another root (${name})`,
    };
  }
  const reason = broken?.message ?? renewal(data, now);
  if (reason === undefined) return { fit: 'good', reason: '' };
  return { fit: managed ? 'due' : 'foreign', reason };
}

/** Nothing that can be read says nothing of another root. */
const disjoint = (trusted: readonly string[], roots: readonly string[]) =>
  trusted.length > 0 && !trusted.some((one) => roots.includes(one));

function renewal(data: PluggedAuthority['data'], now: Date): string | undefined {
  const { renewAfter } = inspect(data['ca-cert.pem'] ?? '');
  return renewAfter <= now ? `renewal was due on ${renewAfter.toISOString().slice(0, 10)}` : undefined;
}

/** Why a cluster's authority is not touched, and how to go on. */
export function foreignAuthority(
  spec: ClusterSpec,
  { fit, reason, where }: AuthorityFit & { readonly where?: Location | undefined },
): IsthmusError {
  const { name } = spec;
  const namespace = istioNamespaceOf(spec);
  if (fit === 'other-root')
    return new IsthmusError('CA_FOREIGN', `${name}: ${reason}`, {
      where,
      hint: 'isthmus trust show names the roots; isthmus rotate root goes from one root to another without loss, isthmus up --replace-root replaces at once and breaks mutual TLS until every pod has new certificates',
    });
  return new IsthmusError(
    'CA_FOREIGN',
    `${name}: Secret ${namespace}/cacerts was not made by isthmus: ${reason}`,
    {
      where,
      hint: `name its root in spec.trust.root, so that isthmus works below it; to let isthmus replace the Secret: kubectl --context ${contextOf(spec)} -n ${namespace} label secret cacerts app.kubernetes.io/managed-by=isthmus`,
    },
  );
}

/** @param roots SHA-256 of those that would do */
export function keyMissing(roots: readonly string[], clusters: readonly string[]): IsthmusError {
  const [root = 'unknown'] = roots;
  return new IsthmusError(
    'CA_KEY_MISSING',
    `${clusters.join(', ')} ${clusters.length === 1 ? 'needs a new certificate authority' : 'need new certificate authorities'}, and the key of the mesh’s root ${root} is not on this machine`,
    {
      hint: 'isthmus trust export where the key is, then isthmus trust import here; or name the root in spec.trust.root; isthmus up --replace-root makes a new root and breaks mutual TLS until every pod has new certificates',
    },
  );
}
