import { IsthmusError, isIsthmusError } from '../../errors/index.ts';
import { withdrawAuthority } from '../../istio/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { workIn } from '../lease/mesh-lease.ts';
import { told } from '../lease/worker.ts';
import { reachCluster } from '../session/reach-cluster.ts';
import type { Session } from '../session/session.ts';
import { absentClusters, type LiveTrust, liveTrust } from './live-trust.ts';

/** How long somebody else may take to see this root and to withdraw his own; milliseconds. */
const usualWithdrawalMs = 30_000;
/** How long it may take until the other one's lease tells who he is; milliseconds. */
const introductionMs = 10_000;

/** A new mesh's root, just written to the first cluster that gets it. */
export interface FirstRoot {
  readonly session: Session;
  readonly cluster: MeshCluster;
  /** SHA-256 of the roots that this run gives the mesh. */
  readonly roots: readonly string[];
  /** Clusters that could be looked at when the root was decided on. */
  readonly seen: ReadonlySet<string>;
  /** Milliseconds that a rival has to withdraw; as long as a lease lasts by default. */
  readonly withdrawalMs?: number | undefined;
}

/**
 * Let a new mesh have one root, though two bring up different clusters of it at once. Each has written its
 * root before it looks at all the others, so that at least one of two sees the other. Of two who see each
 * other the one whose cluster comes later in the file withdraws, and the other one waits for that. Throws
 * CA_FOREIGN once this root is withdrawn, and says who is at work if his lease tells.
 */
export async function settleRoot(first: FirstRoot): Promise<void> {
  const { signal } = first.session.context;
  const timeoutMs = first.withdrawalMs ?? usualWithdrawalMs;
  const later = { what: 'the mesh to have one root', timeoutMs, signal, maxDelayMs: 1000 };
  let rival: LiveTrust | undefined;
  try {
    await waitUntil(later, async () => {
      rival = (await rivalsOf(first))[0];
      if (!rival) return;
      if (goesBefore(first, rival)) throw beaten(first, rival);
      throw new NotReady(`${rival.cluster} has, or may have, another root`);
    });
  } catch (error) {
    if (!rival || !isIsthmusError(error) || !['TIMED_OUT', 'CA_FOREIGN'].includes(error.code)) throw error;
    await withdrawAuthority(first.cluster, first.roots, signal);
    throw beaten(first, rival, await whoIsAt(first, rival));
  }
}

/** Clusters with another root, in the file's order, and those that nobody can look at any more. */
async function rivalsOf({ session, cluster, roots, seen }: FirstRoot): Promise<LiveTrust[]> {
  const live = await liveTrust(session, { absent: await absentClusters(session), unseen: [] });
  return live.filter(
    (one) =>
      one.cluster !== cluster.spec.name &&
      ((one.unseen && seen.has(one.cluster)) ||
        (one.anchor && !roots.includes(one.anchor.fingerprintSha256))),
  );
}

function goesBefore({ session, cluster }: FirstRoot, rival: LiveTrust): boolean {
  const names = session.topology.clusters.map(({ name }) => name);
  return rival.anchor !== undefined && names.indexOf(rival.cluster) < names.indexOf(cluster.spec.name);
}

/** He takes the lease of his cluster once its root is settled. */
async function whoIsAt({ session }: FirstRoot, rival: LiveTrust): Promise<string | undefined> {
  const spec = session.topology.clusters.find(({ name }) => name === rival.cluster);
  const { signal } = session.context;
  const { cluster } = spec ? await reachCluster(session, spec) : {};
  if (!cluster) return undefined;
  try {
    return await waitUntil(
      { what: `who is at work in ${rival.cluster}`, timeoutMs: introductionMs, signal, maxDelayMs: 1000 },
      async () => {
        const work = await workIn(cluster, { signal });
        if (!work) throw new NotReady('nobody has its lease');
        return told(work);
      },
    );
  } catch (error) {
    // Who it is helps, but the other root alone is reason enough.
    if (!isIsthmusError(error) || error.code === 'INTERRUPTED') throw error;
    return undefined;
  }
}

function beaten({ cluster }: FirstRoot, rival: LiveTrust, who = 'another isthmus'): IsthmusError {
  const { name } = cluster.spec;
  return new IsthmusError(
    'CA_FOREIGN',
    rival.unseen
      ? `${rival.cluster} cannot be looked at any more, and may have got another root: ${rival.unseen.message}`
      : `${who} brings this mesh up as well, and gave ${rival.cluster} another root; ${name} was left without one`,
    {
      hint: rival.unseen
        ? 'make it reachable, then run this again'
        : 'wait for its end, then run this again with that root: isthmus trust export where its key is, isthmus trust import here',
    },
  );
}
