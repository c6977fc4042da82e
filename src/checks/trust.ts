import { verifyAuthority } from '../pki/index.ts';
import type { Problem } from '../report/index.ts';
import { defineCheck } from './check.ts';
import { failures, merge, verdict, warnings } from './findings.ts';
import { istiodFindings } from './trust-istiod.ts';
import { proxyFindings } from './trust-proxies.ts';
import { compareRoots, rootsOfMesh } from './trust-roots.ts';
import { observeTrust } from './trust-sight.ts';

export const trust = defineCheck({
  id: 'trust',
  title: 'one root in every secret, every istiod and every live proxy',
  scope: 'mesh',
  severity: 'error',
  needs: ['istiod'],
  cause:
    'a cluster got another cacerts, istiod did not load it, or proxies still have certificates of the root before',
  look: [
    'kubectl --context CLUSTER -n istio-system get secret cacerts -o jsonpath="{.data.root-cert\\.pem}" | base64 -d | openssl x509 -noout -fingerprint -sha256 -enddate',
    'kubectl --context CLUSTER -n istio-system get configmap istio-ca-root-cert -o jsonpath="{.data.root-cert\\.pem}" | openssl x509 -noout -fingerprint -sha256',
    'istioctl --context CLUSTER -n sample proxy-config secret deploy/sleep',
  ],
  fix: 'isthmus up puts intermediates of the mesh’s root back',
  timeoutMs: 30_000,
  async run(context) {
    const sights = await Promise.all(context.clusters.map((cluster) => observeTrust(cluster, context)));
    const all = sights.map(({ cluster, roots }) => ({ cluster: cluster.spec.name, roots }));
    const meshRoots = rootsOfMesh(all)?.roots ?? [];
    const found = merge([
      compareRoots(all),
      ...sights.map((sight) => authority(sight.cluster.spec.name, sight.secret)),
      ...sights.map((sight) => istiodFindings(sight, meshRoots)),
      ...sights.map((sight) =>
        proxyFindings(sight, { trustDomain: context.topology.trustDomain, meshRoots }),
      ),
    ]);
    const proxies = sights.reduce((sum, sight) => sum + sight.proxies.length, 0);
    const prints = new Set(
      sights.flatMap(({ roots }) => roots.map((root) => root.fingerprintSha256.slice(0, 16))),
    );
    const detail = `root ${[...prints].join(', ')} in ${sights.length} secrets, their istiods and ${proxies} live proxies`;
    return verdict(found, { detail });
  },
});

function authority(cluster: string, secret: Readonly<Record<string, string>> | undefined) {
  const subject = { cluster, object: 'Secret istio-system/cacerts' };
  if (!secret)
    return failures({
      ...subject,
      message: 'does not exist, so istiod signs with a root of its own making',
      cause: 'it was deleted or never made; proxies of other clusters refuse this cluster’s certificates',
    });
  const found = verifyAuthority(secret).map(({ severity, key: _key, ...problem }) => ({
    severity,
    problem: { ...problem, ...subject } satisfies Problem,
  }));
  const of = (wanted: string) =>
    found.filter(({ severity }) => severity === wanted).map(({ problem }) => problem);
  return merge([failures(...of('fail')), warnings(...of('warn'))]);
}
