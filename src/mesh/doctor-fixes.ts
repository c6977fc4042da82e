import type { CheckResult, Outcome, Problem } from '../report/index.ts';
import type { Topology } from '../topology/index.ts';

const guide = 'https://istio.io/latest/docs/setup/install/multicluster/';

/** Whatever only helps where isthmus maintains the mesh from a file. */
const needsFile = /isthmus (up|check|plan|render)|spec\.[a-z]/;

/** What a person with kubectl and istioctl does instead, by check; CLUSTER and PEER stand for names. */
const byHand: Readonly<Record<string, string>> = {
  clusters: 'kubectl --context CLUSTER get --raw /readyz?verbose; kubectl --context CLUSTER describe nodes',
  trust: `put an intermediate of the mesh’s one root into Secret cacerts of CLUSTER with all four keys (https://istio.io/latest/docs/tasks/security/cert-management/plugin-ca-cert/), then kubectl --context CLUSTER -n istio-system rollout restart deployment/istiod and restart the workloads`,
  istiod:
    'istioctl install --context CLUSTER with the values of this cluster, in the version that the others run',
  'istiod-config':
    'istioctl install --context CLUSTER (or helm upgrade) with the values that the other clusters have',
  gateways: `istioctl install --context CLUSTER with the east-west gateway of ${guide}`,
  lb: 'kubectl --context CLUSTER describe services -A -l istio=eastwestgateway; make the gateway’s pods ready and let the load balancer reach them',
  reach:
    'look at routes, security groups and zones between the two clusters, and at the targets of the load balancer of CLUSTER',
  secrets: 'istioctl create-remote-secret --context PEER --name PEER | kubectl --context CLUSTER apply -f -',
  remotes:
    'istioctl create-remote-secret --context PEER --name PEER | kubectl --context CLUSTER apply -f -; then istioctl remote-clusters --context CLUSTER',
  shards: 'kubectl --context CLUSTER -n istio-system rollout restart deployment/istiod',
  sync: 'see remotes, secrets and gateways above: isthmus doctor --all shows every part; kubectl --context CLUSTER -n istio-system rollout restart deployment/istiod if only endpoints are stale',
  traffic: 'isthmus doctor --all shows every part of the way; mend the first that is broken',
};

/** Findings of these checks that need something else. */
const special: readonly { readonly id: string; readonly message: RegExp; readonly fix: string }[] = [
  {
    id: 'istiod-config',
    message: /rotate the root/,
    fix: 'before the root is due: istioctl install --context CLUSTER with its values and --set values.pilot.env.ISTIO_MULTIROOT_MESH=true --set meshConfig.defaultConfig.proxyMetadata.PROXY_CONFIG_XDS_AGENT=true; then restart the workloads',
  },
  {
    id: 'secrets',
    message: /never ends/,
    fix: 'kubectl --context PEER -n istio-system create token istio-reader-service-account --duration=720h makes one that ends; put it in place of the token in the kubeconfig of this Secret, and again before it ends',
  },
  {
    id: 'traffic',
    message: /has no helloworld Deployment/,
    fix: 'kubectl --context CLUSTER -n sample apply -f samples/helloworld/helloworld.yaml (of an Istio release)',
  },
];

type Named = Pick<Topology, 'clusters'>;

/**
 * Results of a mesh without a file: a fix that needs `isthmus up` becomes what kubectl and istioctl
 * can do. Names are clusters' names; contexts are put in afterwards.
 */
export function withoutFile(results: readonly CheckResult[], topology: Named): CheckResult[] {
  return results.map((result) => ({ ...result, outcome: outcomeOf(result, topology) }));
}

function outcomeOf({ id, subject, outcome }: CheckResult, topology: Named): Outcome {
  if (outcome.status !== 'fail' && outcome.status !== 'warn') return outcome;
  const problems = outcome.problems.map((problem) => problemOf(problem, { id, subject, topology }));
  return { ...outcome, detail: ofTheMesh(outcome.detail), problems };
}

/** What checks say of the file holds of the mesh, whose clusters say the same. */
const ofTheMesh = (text: string): string => text.replaceAll('the file', 'the mesh');

function problemOf(
  problem: Problem,
  { id, subject, topology }: { id: string; subject: string | undefined; topology: Named },
): Problem {
  const { message, cause } = problem;
  const told = { ...problem, message: ofTheMesh(message), ...(cause ? { cause: ofTheMesh(cause) } : {}) };
  const exact = special.find((one) => one.id === id && one.message.test(message));
  const instead = exact?.fix ?? byHand[id];
  if (!problem.fix || !needsFile.test(problem.fix) || !instead) return told;
  const cluster = problem.cluster ?? subject ?? topology.clusters[0]?.name ?? 'CLUSTER';
  const peer = peerOf(problem, cluster, topology);
  return { ...told, fix: instead.replaceAll('CLUSTER', cluster).replaceAll('PEER', peer) };
}

/** The other cluster that a problem names; with several peers and none named, a place-holder. */
function peerOf({ object = '', message }: Problem, cluster: string, { clusters }: Named): string {
  const others = clusters.map(({ name }) => name).filter((name) => name !== cluster);
  const named = others.filter((name) => `${object} ${message}`.includes(name));
  // The longest name is the one meant where one begins with another.
  const [first] = named.sort((a, b) => b.length - a.length);
  return first ?? (others.length === 1 ? (others[0] ?? 'PEER') : 'PEER');
}

/** Checks whose fixes have something to put in place of a file. */
export const mendedByHand: ReadonlySet<string> = new Set(Object.keys(byHand));
