import { type CertificateInfo, parseBundle } from '../../../pki/index.ts';
import type { Finding } from '../../../report/index.ts';
import { type ClusterSpec, istioNamespaceOf } from '../../../topology/index.ts';
import { type Findings, failures, merge } from '../../engine/findings.ts';
import type { IstiodTrust, TrustFacts } from '../../facts/trust-facts.ts';

/**
 * Does every running istiod act on a root of the mesh? The secret alone does not show it; and where
 * the secret is wrong, an istiod that still has the right root must not be restarted.
 */
export function istiodFindings(
  { cluster, istiods }: TrustFacts,
  roots: readonly CertificateInfo[],
): Findings {
  const name = cluster.spec.name;
  if (istiods.length === 0) return failures(noIstiod(name));
  // Without a root to compare with, that there is none is the finding of each source.
  if (roots.length === 0) return failures();
  return merge(istiods.map((istiod) => podFindings(istiod, roots, cluster.spec)));
}

const noIstiod = (cluster: string): Finding => ({
  cluster,
  message: 'has no ready istiod whose root could be read',
  cause: 'istiod is scaled down, crashes or is not installed',
  fix: `kubectl --context {context} -n {istioNamespace} describe pods -l app=istiod`,
});

function podFindings(istiod: IstiodTrust, roots: readonly CertificateInfo[], spec: ClusterSpec): Findings {
  const restart = `kubectl --context {context} -n {istioNamespace} rollout restart deployment/${deploymentOf(istiod.pod)}`;
  const object = `Pod ${istioNamespaceOf(spec)}/${istiod.pod}`;
  const subject = { cluster: spec.name, object, fix: restart };
  const cause = 'istiod read cacerts before it was changed, or could not load it';
  const found: Finding[] = [];
  const handed = prints(istiod.roots);
  const own = new Set(roots.map(({ fingerprintSha256 }) => fingerprintSha256));
  if (handed.length > 0 && !handed.some((print) => own.has(print)))
    found.push({
      ...subject,
      message: 'hands out a root that the mesh does not have',
      evidence: shown(handed),
      cause,
    });
  const hook = prints(istiod.webhookRoots);
  if (hook.length > 0 && !hook.some((print) => own.has(print)))
    found.push({
      ...subject,
      message: 'has a serving certificate whose root the mesh does not have',
      evidence: shown(hook),
      cause,
    });
  if (istiod.rootNotAfter && !roots.some(({ notAfter }) => near(notAfter, istiod.rootNotAfter as Date)))
    found.push({
      ...subject,
      message: 'signs with a root that the mesh does not have',
      evidence: `its root ends ${istiod.rootNotAfter.toISOString()}, those of the mesh ${roots.map(({ notAfter }) => notAfter.toISOString()).join(', ')}`,
      cause,
    });
  return failures(...found);
}

/** Each revision has a Deployment of its own. */
const deploymentOf = (pod: string): string => pod.replace(/-[a-z0-9]+-[a-z0-9]{5}$/, '');

const prints = (pems: readonly string[]): string[] =>
  pems.flatMap(parseBundle).map((one) => one.fingerprintSha256);
const shown = (fingerprints: readonly string[]): string =>
  fingerprints.map((print) => print.slice(0, 16)).join(', ');

/** The metric counts in seconds and passes through a float. */
const near = (a: Date, b: Date): boolean => Math.abs(a.getTime() - b.getTime()) < 120_000;
