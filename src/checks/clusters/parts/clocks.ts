import { LEASE_AGE_MS, type NodeClock, refusalStatus } from '../../../kubernetes/index.ts';
import type { MeshCluster } from '../../../provider/index.ts';
import type { Finding } from '../../../report/index.ts';
import type { CheckRunContext } from '../../engine/check.ts';
import { type Findings, failures, merge, warnings } from '../../engine/findings.ts';

/** Istio backdates certificates by this much (ClockSkewGracePeriod), so clocks may differ by no more. */
const graceMs = 120_000;
/** Half of it is told before it breaks anything. */
const toldMs = graceMs / 2;

/** The clocks of one cluster's nodes. */
export interface ClusterClocks {
  readonly cluster: string;
  readonly clocks: readonly NodeClock[];
}

/** Nodes whose clock differs from this machine's and from other clusters' by what certificates do not bear. */
export async function clockFindings(cluster: MeshCluster, context: CheckRunContext): Promise<Findings> {
  const own = await clocksOf(cluster, context);
  if (!own) return warnings(unread(cluster));
  const peers = context.clusters.filter(({ spec }) => spec.name !== cluster.spec.name);
  // A cluster that cannot be asked is its own result, and that it is silent was waited for once already.
  const others = await Promise.allSettled(
    peers.map(async (peer) => ((await context.facts.answers(peer)) ? clocksOf(peer, context) : undefined)),
  );
  const known = others.flatMap((one) => (one.status === 'fulfilled' && one.value ? [one.value] : []));
  return judgeClocks(own, known, Date.now());
}

async function clocksOf(
  cluster: MeshCluster,
  { facts }: CheckRunContext,
): Promise<ClusterClocks | undefined> {
  try {
    return { cluster: cluster.spec.name, clocks: await facts.nodeClocks(cluster) };
  } catch (error) {
    if (refusalStatus(error) !== 403) throw error;
    return undefined;
  }
}

const unread = ({ spec }: MeshCluster): Finding => ({
  cluster: spec.name,
  message: 'the clocks of its nodes were not compared with others',
  cause:
    'the context’s user may not list Leases of namespace kube-node-lease, into which kubelets write the time',
  fix: 'kubectl --context {context} auth can-i list leases -n kube-node-lease',
});

/**
 * A clock is at fault where it disagrees with this machine's and with another cluster's. Where every cluster disagrees with this machine in the same way, it is this machine's.
 */
export function judgeClocks(own: ClusterClocks, others: readonly ClusterClocks[], now: number): Findings {
  return merge(
    own.clocks.map(({ node, saidAt }) => {
      const off = saidAt - now;
      if (Math.abs(apart(saidAt, now)) < toldMs) return failures();
      const witnesses = others.filter(({ clocks }) => clocks.length > 0);
      const against = witnesses.filter(({ clocks }) =>
        clocks.some((one) => Math.abs(off - (one.saidAt - now)) - LEASE_AGE_MS > toldMs),
      );
      if (witnesses.length > 0 && against.length === 0) return warnings(ownClock(own.cluster, off));
      const problem = finding(own.cluster, { node, off, against: against.map(({ cluster }) => cluster) });
      // One clock against another says only that one of the two is wrong.
      const proven = against.length > 0 && Math.abs(apart(saidAt, now)) > graceMs;
      return proven ? failures(problem) : warnings(problem);
    }),
  );
}

/** By how much a clock is ahead of now, or behind it (negative), at the least: what it said is up to 40 s old. */
function apart(saidAt: number, now: number): number {
  const off = saidAt - now;
  return off > 0 ? off : Math.min(0, off + LEASE_AGE_MS);
}

const inWords = (off: number): string =>
  `${Math.round(Math.abs(off) / 1000)} s ${off > 0 ? 'ahead of' : 'behind'}`;

function finding(
  cluster: string,
  {
    node,
    off,
    against,
  }: { readonly node: string; readonly off: number; readonly against: readonly string[] },
): Finding {
  const whom = ['this machine’s', ...against.map((name) => `that of ${name}`)].join(' and ');
  return {
    cluster,
    object: `Node ${node}`,
    message: `its clock is ${inWords(off)} ${whom}, which certificates do not bear`,
    evidence: `its kubelet wrote its lease ${inWords(off)} now`,
    cause:
      'a certificate is valid from two minutes before its issuing: with the clock ahead it is not valid yet for others, with the clock behind those of others are not valid yet here',
    fix: `set the clock of node ${node} by a time service (chrony, systemd-timesyncd, the cloud’s own), then restart what was refused`,
  };
}

const ownClock = (cluster: string, off: number): Finding => ({
  cluster,
  message: `its nodes’ clocks are ${inWords(off)} this machine’s, and so are those of the other clusters`,
  cause: 'this machine’s clock is wrong, so that ends of certificates and tokens are judged by a wrong time',
  fix: 'set the clock of this machine by a time service',
});
