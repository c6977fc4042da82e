import { isIsthmusError } from '../../errors/index.ts';
import { inspect, rootFingerprint } from '../../pki/index.ts';
import type { TrustReport } from '../../report/index.ts';
import { type Operation, Session } from '../session/session.ts';
import { absentClusters, type LiveTrust, liveTrust } from '../trust/live-trust.ts';
import type { RootSource } from '../trust/root-source.ts';
import { rootSource } from '../trust/source-of.ts';

/** Which root every cluster has, until when, and whether this machine can sign for it. Changes nothing. */
export async function trustOfMesh(operation: Operation): Promise<TrustReport> {
  const { topology } = operation;
  const session = new Session(operation);
  const live = await liveTrust(session, { absent: await absentClusters(session), unseen: [] });
  const source = rootSource({ ...operation, live });
  return {
    mesh: topology.name,
    pinned: topology.trust.fingerprint,
    source: { kind: source.kind, place: source.place, ...(await stateOf(source)) },
    clusters: live.map(clusterTrust),
  };
}

/** A source that cannot be used is shown with the reason; the clusters' roots are to be seen all the same. */
async function stateOf(
  source: RootSource,
): Promise<Pick<TrustReport['source'], 'fingerprint' | 'signsHere' | 'fault'>> {
  const known = await source.identify();
  const fingerprint = known.state === 'known' ? known.fingerprint : undefined;
  try {
    const issuer = await source.open();
    if (issuer) return { fingerprint: rootFingerprint(issuer), signsHere: true };
    const isUnmade = known.state === 'unmade';
    return {
      fingerprint,
      signsHere: isUnmade,
      ...(isUnmade ? { fault: 'no cluster has its root yet' } : {}),
    };
  } catch (error) {
    if (!isIsthmusError(error) || error.code === 'INTERRUPTED') throw error;
    return { fingerprint, signsHere: false, fault: error.message };
  }
}

function clusterTrust({
  cluster,
  absent,
  unseen,
  cacerts,
  anchor,
}: LiveTrust): TrustReport['clusters'][number] {
  const own = cacerts && anchor ? inspect(cacerts.data['ca-cert.pem'] ?? '') : undefined;
  return {
    cluster,
    state: unseen ? 'unseen' : absent ? 'absent' : cacerts ? 'present' : 'none',
    unseen,
    root: anchor && {
      subject: anchor.subject,
      fingerprint: anchor.fingerprintSha256,
      notAfter: anchor.notAfter.toISOString(),
    },
    authority: own && {
      madeBy: cacerts?.managed ? 'isthmus' : 'somebody else',
      notAfter: own.notAfter.toISOString(),
      renewAfter: own.renewAfter.toISOString(),
    },
  };
}
