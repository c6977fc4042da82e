import type { Node } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { Finding } from '../../report/index.ts';
import { type CheckRunContext, defineCheck } from '../engine/check.ts';
import { merge, verdict } from '../engine/findings.ts';
import { minorOf } from '../facts/minor-version.ts';
import { nameOf } from '../facts/objects.ts';
import { clockFindings } from './parts/clocks.ts';

export const clusters = defineCheck({
  id: 'clusters',
  title: 'the API server answers and every node is Ready',
  scope: 'cluster',
  severity: 'error',
  needs: [],
  cause: 'the API server is down or out of reach, or a node stopped or lacks something',
  inspect: [
    'kubectl --context CLUSTER get --raw /readyz?verbose',
    'kubectl --context CLUSTER get nodes -o wide',
  ],
  fix: {
    withFile: 'isthmus up starts what stopped; otherwise kubectl --context {context} describe nodes',
    byHand:
      'kubectl --context {context} get --raw /readyz?verbose; kubectl --context {context} describe nodes',
  },
  timeoutMs: 15_000,
  async run(context, cluster) {
    const { facts, clusters: all } = context;
    const version = await facts.version(cluster);
    const nodes = await facts.objects<Node>(cluster, 'v1', 'Node');
    const failures = [
      ...nodeProblems(cluster, nodes),
      ...(await skewProblems(cluster, { version, all, facts })),
    ];
    const detail = `Kubernetes ${version}, ${nodes.length} of ${nodes.length} nodes Ready`;
    const warnings = versionProblems(cluster, version);
    const found = merge([{ failures, warnings }, await clockFindings(cluster, context)]);
    return verdict(found, { detail, looked: nodes.length, nothing: 'there is no node' });
  },
});

/** A version that cannot be read is told, not compared. */
export function versionProblems({ spec }: Pick<MeshCluster, 'spec'>, version: string): Finding[] {
  if (!Number.isNaN(minorOf(version))) return [];
  return [
    {
      cluster: spec.name,
      message: 'states a Kubernetes version that cannot be read, so it was not compared with the others',
      evidence: `gitVersion ${version || '(empty)'}`,
      cause: 'the API server was built without a version, or something in front of it answers in its place',
      fix: `kubectl --context {context} version`,
    },
  ];
}

function nodeProblems({ spec }: MeshCluster, nodes: readonly Node[]): Finding[] {
  if (nodes.length === 0)
    return [
      { cluster: spec.name, message: 'has no node', cause: 'nothing can run, so nothing of the mesh does' },
    ];
  return nodes.flatMap((node): Finding[] => {
    const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
    if (ready?.status === 'True') return [];
    const evidence = ready
      ? `Ready=${ready.status} ${ready.reason ?? ''}: ${ready.message ?? ''}`
      : 'no Ready condition';
    const look = `kubectl --context {context} describe node ${node.metadata?.name}`;
    return [
      { cluster: spec.name, object: nameOf('Node', node), message: 'is not Ready', evidence, fix: look },
    ];
  });
}

/** Clusters that do not answer are their own result, so they are left out here. */
async function skewProblems(
  { spec }: MeshCluster,
  seen: { version: string; all: readonly MeshCluster[]; facts: CheckRunContext['facts'] },
): Promise<Finding[]> {
  const versions = await Promise.allSettled(seen.all.map((one) => seen.facts.version(one)));
  const own = minorOf(seen.version);
  if (Number.isNaN(own)) return [];
  return versions.flatMap((other, index): Finding[] => {
    // One that cannot be read is its own cluster's finding.
    if (other.status === 'rejected' || !(minorOf(other.value) - own > 1)) return [];
    const name = seen.all[index]?.spec.name;
    return [
      {
        cluster: spec.name,
        message: `runs Kubernetes ${seen.version}, more than one minor version behind ${name} (${other.value})`,
        cause: 'istiod reads every cluster with one client, and API versions differ between them',
        fix: `upgrade ${spec.name}`,
      },
    ];
  });
}
