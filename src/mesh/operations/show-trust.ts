import { inspect, rootFingerprint } from '../../pki/index.ts';
import type { TrustReport } from '../../report/index.ts';
import { type Operation, Session } from '../session/session.ts';
import { absentClusters, type LiveTrust, liveTrust } from '../trust/live-trust.ts';
import { rootSource } from '../trust/root-source.ts';

/** Which root every cluster has, until when, and whether this machine can sign for it. Changes nothing. */
export async function trustOfMesh(operation: Operation): Promise<TrustReport> {
  const { topology } = operation;
  const session = new Session(operation);
  const live = await liveTrust(session, { absent: await absentClusters(session), unseen: [] });
  const source = rootSource(topology, live);
  const issuer = await source.open();
  return {
    mesh: topology.name,
    pinned: topology.trust.fingerprint,
    source: {
      kind: source.kind,
      fingerprint: issuer ? rootFingerprint(issuer) : await source.fingerprint(),
      signsHere: issuer !== undefined,
    },
    clusters: live.map(clusterTrust),
  };
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
