import { defineCheck } from '../engine/check.ts';
import { eachCluster } from '../engine/each-cluster.ts';
import { merge, verdict } from '../engine/findings.ts';
import { observeTrust, type TrustFacts } from '../facts/trust-facts.ts';
import { acceptedRoots, sourceFindings } from './parts/authority-trust.ts';
import { istiodFindings } from './parts/istiod-trust.ts';
import { compareRoots, rootsOfMesh } from './parts/mesh-roots.ts';
import { proxyFindings } from './parts/proxy-trust.ts';

export const trust = defineCheck({
  id: 'trust',
  title: 'one root in every secret, every istiod and the proxies that are looked at',
  scope: 'mesh',
  severity: 'error',
  needs: ['istiod'],
  cause:
    'a cluster got another cacerts, istiod did not load it, or proxies still have certificates of the root before',
  inspect: [
    'kubectl --context CLUSTER -n istio-system get secret cacerts -o jsonpath="{.data.root-cert\\.pem}" | base64 -d | openssl x509 -noout -fingerprint -sha256 -enddate',
    'kubectl --context CLUSTER -n istio-system get configmap istio-ca-root-cert -o jsonpath="{.data.root-cert\\.pem}" | openssl x509 -noout -fingerprint -sha256',
    'istioctl --context CLUSTER -n sample proxy-config secret deploy/sleep',
  ],
  fix: {
    withFile:
      'isthmus up puts an intermediate of the mesh’s root back where it is missing; one of another root is replaced by isthmus up --replace-root alone',
    byHand:
      'put an intermediate of the mesh’s one root into Secret cacerts of {cluster} with all four keys (https://istio.io/latest/docs/tasks/security/cert-management/plugin-ca-cert/), then kubectl --context {context} -n {istioNamespace} rollout restart deployment/istiod and restart the workloads',
  },
  timeoutMs: 30_000,
  async run(context) {
    const observations = await eachCluster(context.clusters, async (cluster) => ({
      name: cluster.spec.name,
      ...(await observeTrust(cluster, context)),
    }));
    // A root of istiod's own making is told of by its source, not once more as one that differs.
    const comparable = observations.filter(({ source }) => source.kind !== 'own');
    const all = (comparable.length > 0 ? comparable : observations).map(({ name, roots, source }) => ({
      cluster: name,
      object: source.object,
      roots,
    }));
    const meshRoots = rootsOfMesh(all)?.roots ?? [];
    const { trustDomain } = context.topology;
    const found = merge([
      ...observations.map((observation) =>
        sourceFindings(
          observation,
          observations.filter((other) => other !== observation),
        ),
      ),
      ...(comparable.length > 0 ? [compareRoots(all)] : []),
      ...observations.map((observation) =>
        istiodFindings(observation, acceptedRoots(observation, meshRoots)),
      ),
      ...observations.map((observation) =>
        proxyFindings(observation, { trustDomain, meshRoots: acceptedRoots(observation, meshRoots) }),
      ),
    ]);
    const looked = observations.reduce(
      (sum, { istiods, proxies }) => sum + istiods.length + proxies.length,
      0,
    );
    const nothing = 'there is neither an istiod nor a proxy';
    return verdict(found, { detail: detailOf(observations), looked, nothing });
  },
});

function detailOf(observations: readonly TrustFacts[]): string {
  const sum = (count: (observation: TrustFacts) => number) =>
    observations.reduce((total, observation) => total + count(observation), 0);
  const proxies = `${sum(({ proxies: own }) => own.length)} of ${sum(({ liveProxies }) => liveProxies)}`;
  const roots = observations.flatMap((observation) =>
    observation.roots.map((root) => root.fingerprintSha256.slice(0, 16)),
  );
  const sources = new Set(observations.map(({ source }) => source.object.replace(/^\S+ [^/]+\//, '')));
  return `root ${[...new Set(roots)].join(', ')} in ${[...sources].join(', ')} of ${observations.length} clusters, their ${sum(({ istiods }) => istiods.length)} istiods and ${proxies} live proxies`;
}
