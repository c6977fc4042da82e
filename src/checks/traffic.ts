import { type ExpectedEndpoints, expectedEndpoints, type ProbeResult, probe } from '../istio/index.ts';
import type { MeshCluster } from '../provider/index.ts';
import { fail, type Outcome, type Problem, skip } from '../report/index.ts';
import { defineCheck, type LookContext } from './check.ts';
import { percent } from './endpoint-diff.ts';
import { verdict } from './findings.ts';
import { countHits, type Hits } from './hits.ts';
import { noSamples, sampleService, sampleUrl } from './sample-service.ts';
import { silentClusters } from './silent-clusters.ts';
import { confidence, judgeSplit, requestsNeeded } from './split-verdict.ts';

/** Requests from each cluster; more when a small share needs more to be seen. */
const requests = 60;
const atMost = 600;

export const traffic = defineCheck({
  id: 'traffic',
  title: 'requests from here are answered by every cluster in the expected proportion',
  scope: 'cluster',
  severity: 'error',
  needs: ['clusters'],
  readsEveryCluster: true,
  cause: 'pods of a cluster are missing, its gateway cannot be reached, or its certificates are refused',
  look: [
    'for i in $(seq 20); do kubectl --context CLUSTER -n sample exec deploy/sleep -c sleep -- curl -sS helloworld.sample:5000/hello; done',
    'kubectl --context CLUSTER -n sample get pods -l app=helloworld -o wide',
    'istioctl --context CLUSTER -n sample proxy-config endpoints deploy/sleep | grep helloworld',
  ],
  fix: 'isthmus check lb gateways secrets trust sync shows the first broken part; isthmus up mends it',
  timeoutMs: 60_000,
  async run(context, cluster) {
    if (!context.topology.samples) return skip(noSamples);
    const [ready] = await context.facts.samplePods(cluster, 'sleep');
    if (!ready?.ready) return noClient(cluster);
    const { result, expected } = await measure(cluster, context);
    const hits = countHits(result, expected.facts);
    const silent = await silentClusters(expected.facts, context);
    const problems = [
      ...silent,
      ...splitProblems(cluster, hits, expected),
      ...failureProblems(cluster, hits),
    ];
    const evidence = evidenceOf(cluster, hits, expected);
    return verdict({ failures: problems, warnings: [] }, { detail: detailOf(hits), evidence });
  },
});

function noClient({ spec }: MeshCluster): Outcome {
  const fix = `kubectl --context ${spec.name} -n sample scale deployment/sleep --replicas=1`;
  const problem = {
    cluster: spec.name,
    object: 'Deployment sample/sleep',
    message: 'has no ready pod that could ask',
    fix,
  };
  return fail('no sleep pod is ready', [problem]);
}

interface Measurement {
  readonly result: ProbeResult;
  readonly expected: ExpectedEndpoints;
}

/** A split is only right or wrong while the pods stay the same, so changed pods are measured anew. */
async function measure(cluster: MeshCluster, { clusters, signal }: LookContext): Promise<Measurement> {
  const from = cluster.spec.name;
  const observe = () => expectedEndpoints({ clusters, from, service: sampleService, signal });
  let expected = await observe();
  for (let attempt = 1; ; attempt += 1) {
    const count = Math.min(atMost, Math.max(requests, requestsNeeded(expected.shares)));
    const result = await probe({ cluster, url: sampleUrl, count, signal });
    const after = await observe();
    if (attempt === 3 || JSON.stringify(after.facts) === JSON.stringify(expected.facts))
      return { result, expected };
    expected = after;
  }
}

function splitProblems({ spec }: MeshCluster, hits: Hits, { shares }: ExpectedEndpoints): Problem[] {
  const { findings, inconclusive } = judgeSplit({
    hits: hits.byCluster,
    strangers: hits.strangerHits,
    shares,
  });
  const found = findings.map(
    ({ cluster, message, evidence }): Problem => ({
      cluster,
      message: `${message} (asked from ${spec.name})`,
      evidence: cluster ? evidence : `${evidence}: ${hits.strangers.join(', ')}`,
      cause: 'its gateway, its certificates or the endpoints of the asking proxy are at fault',
    }),
  );
  if (!inconclusive) return found;
  return [...found, { cluster: spec.name, message: `inconclusive: ${inconclusive}` }];
}

function failureProblems({ spec }: MeshCluster, { failures, failed, good }: Hits): Problem[] {
  if (failed === 0) return [];
  const kinds = Object.entries(failures).map(([kind, times]) => `${times} × ${kind}`);
  return [
    {
      cluster: spec.name,
      object: 'Deployment sample/sleep',
      message: `${failed} of ${failed + good} requests failed`,
      evidence: kinds.join('; '),
      cause:
        'HTTP 503 or a reset means that an endpoint does not accept connections or refuses the certificate',
    },
  ];
}

const list = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, times]) => `${name} ${times}`)
    .join(', ') || 'none';

const detailOf = ({ good, byCluster }: Hits): string =>
  `${good} answers: ${list(byCluster)}; as expected at ${confidence} confidence`;

function evidenceOf({ spec }: MeshCluster, hits: Hits, { shares }: ExpectedEndpoints): string[] {
  const expected = Object.entries(shares).map(([name, share]) => `${name} ${percent(share)}`);
  return [
    `${hits.good + hits.failed} requests from ${spec.name}, expected: ${expected.join(', ') || 'nobody'}`,
    `by cluster: ${list(hits.byCluster)}`,
    `by version: ${list(hits.byVersion)}`,
    `by instance: ${list(hits.byInstance)}`,
  ];
}
