import { type IsthmusError, isIsthmusError } from '../../errors/index.ts';
import { authorityFit, type PluggedAuthority, readPlugged, renewAuthority } from '../../istio/index.ts';
import { readableCertificates } from '../../pki/index.ts';
import type { RenewalItem } from '../../report/index.ts';
import type { ClusterSpec } from '../../topology/index.ts';
import { forEachCluster, type Session } from '../session/session.ts';
import { decideTrust, type TrustDecision } from '../trust/decide-trust.ts';
import { type LiveTrust, liveTrust } from '../trust/live-trust.ts';
import { isUnderRotation } from '../trust/next-root.ts';

/** Every cluster's intermediate. */
export async function renewAuthorities(session: Session, plan: boolean): Promise<RenewalItem[]> {
  const live = await liveTrust(session, { absent: new Set(), unseen: [] });
  const each = session.topology.clusters.flatMap((spec) => {
    const one = live.find(({ cluster }) => cluster === spec.name);
    return one ? [{ name: spec.name, spec, one, live, plan }] : [];
  });
  return forEachCluster(each, (renewal) => renewOne(session, renewal));
}

interface Renewal {
  readonly spec: ClusterSpec;
  readonly one: LiveTrust;
  readonly live: readonly LiveTrust[];
  readonly plan: boolean;
}

async function renewOne(session: Session, { spec, one, live, plan }: Renewal): Promise<RenewalItem> {
  const { cluster, unseen, cacerts } = one;
  const base = { what: 'authority' as const, cluster };
  if (unseen)
    return { ...base, state: 'unseen', reason: unseen.message, code: unseen.code, hint: unseen.hint };
  if (!cacerts) return { ...base, state: 'failed', reason: 'there is none; isthmus up makes it' };
  const dated = { ...base, ...datesOf(cacerts.data) };
  try {
    const decision = await decideFor(session, one, live);
    const { fit, reason } = authorityFit(cacerts, decision.roots);
    if (fit === 'good') return { ...dated, state: 'good' };
    if (plan) return { ...dated, state: 'due', reason };
    const renewed = await renew(session, spec, decision);
    return { ...base, ...datesOf(renewed?.data ?? {}), state: 'renewed', reason };
  } catch (error) {
    if (!isIsthmusError(error) || error.source === 'interrupted' || error.source === 'bug') throw error;
    return { ...dated, ...failureOf(error, dated.renewFrom) };
  }
}

/**
 * By this cluster and those whose authorities isthmus made: somebody else's that is due is theirs to
 * renew, and keeps no other from its renewal.
 */
function decideFor(session: Session, one: LiveTrust, live: readonly LiveTrust[]): Promise<TrustDecision> {
  const own = live.filter((other) => other === one || other.cacerts?.managed !== false);
  return decideTrust(session.topology, { ...session.context, live: own });
}

/** The authority as it is afterwards. */
async function renew(
  session: Session,
  spec: ClusterSpec,
  { roots, issuer }: TrustDecision,
): Promise<PluggedAuthority | undefined> {
  const { topology, reporter, signal } = session.context;
  const cluster = await session.cluster(spec);
  const rotating = await isUnderRotation(topology, roots);
  await renewAuthority({ topology, cluster, reporter, signal, roots, issuer, rotating });
  return readPlugged(cluster, signal);
}

function datesOf(data: Readonly<Record<string, string>>): Pick<RenewalItem, 'renewFrom' | 'ends'> {
  const [certificate] = readableCertificates(data['ca-cert.pem']);
  return {
    renewFrom: certificate?.renewAfter.toISOString(),
    ends: certificate?.notAfter.toISOString(),
  };
}

/** Roots that disagree, or a key that is elsewhere, matter to a renewal only once something is due. */
function failureOf(
  { message, code, hint }: IsthmusError,
  renewFrom: string | undefined,
): Pick<RenewalItem, 'state' | 'reason' | 'code' | 'hint'> {
  const due = renewFrom === undefined || new Date(renewFrom) <= new Date();
  return due ? { state: 'failed', reason: message, code, hint } : { state: 'good', reason: message, code };
}
