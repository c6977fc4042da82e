import { rootPermissions } from '../../custody/index.ts';
import { signsItself } from '../../eks/index.ts';
import { type IsthmusError, isIsthmusError } from '../../errors/index.ts';
import { inspect } from '../../pki/index.ts';
import type { Topology } from '../../topology/index.ts';
import type { Session } from '../session/session.ts';
import { decideTrust, type TrustDecision } from '../trust/decide-trust.ts';
import { asksForPassphrase } from '../trust/file-root.ts';
import { type LiveTrust, liveTrust } from '../trust/live-trust.ts';
import type { ProviderPlans } from './provider-plans.ts';

/** What is wrong with the root, or keeps its place from being asked; the last two are of the packages for AWS. */
const isObstacle = /^(CA_.*|AWS_.*|DOWNLOAD_FAILED|TOOL_MISSING)$/;

/** What `up` would find and decide, and the sentences of the plan that say it. Makes nothing. */
export async function planTrust(
  session: Session,
  provided: ProviderPlans,
): Promise<{ trust: TrustDecision | undefined; notes: readonly string[] }> {
  const created = provided.changes.filter(({ action }) => action === 'create');
  const absent = new Set(created.map(({ cluster }) => cluster));
  const live = await liveTrust(session, { absent, unseen: provided.unseen });
  try {
    const trust = await decideTrust(session.topology, { ...session.context, live });
    return { trust, notes: [...notesOf(trust, live), ...policyNotes(session.topology)] };
  } catch (error) {
    if (!isIsthmusError(error) || !isObstacle.test(error.code)) throw error;
    const obstacle = (await lacksPassphrase(session, error))
      ? 'up asks for the passphrase of the key of spec.trust.root, with which what is due is signed; where it cannot ask, give it in $ISTHMUS_PASSPHRASE'
      : `up would refuse: ${error.message} (${error.code}); ${error.hint ?? ''}`;
    return { trust: undefined, notes: [...present(live), obstacle, ...policyNotes(session.topology)] };
  }
}

/** Is the passphrase, which `up` asks a person for, the one fault of the root that was found? */
const lacksPassphrase = async ({ topology }: Session, { code, problems }: IsthmusError): Promise<boolean> =>
  code === 'CA_INVALID' && problems.length === 1 && asksForPassphrase(topology);

function notesOf({ make, source, unavailable }: TrustDecision, live: readonly LiveTrust[]): string[] {
  if (make)
    return [
      source.kind === 'isthmus'
        ? 'a new root certificate authority will be made and kept on this machine'
        : `a new root certificate will be signed by the key ${source.place}`,
    ];
  const silent =
    unavailable && `the root’s key ${source.place} cannot be used from here: ${unavailable.message}`;
  return [...present(live), ...(silent ? [silent] : [])];
}

/** Where it is not part of the deploying identity's, which the notes of EKS have. */
function policyNotes(topology: Topology): string[] {
  const policy = signsItself(topology) ? undefined : rootPermissions(topology.trust);
  return policy
    ? [`who signs below the root needs this IAM policy:\n${JSON.stringify(policy, null, 2)}`]
    : [];
}

const day = (date: Date) => date.toISOString().slice(0, 10);

function present(live: readonly LiveTrust[]): string[] {
  const anchors = new Map(
    live.flatMap(({ anchor }) => (anchor ? [[anchor.fingerprintSha256, anchor] as const] : [])),
  );
  const roots = [...anchors.values()].map(
    ({ fingerprintSha256, notAfter }) => `root ${fingerprintSha256}, valid until ${day(notAfter)}`,
  );
  const clusters = live.flatMap(({ cluster, cacerts, anchor }) => {
    if (!cacerts || !anchor) return [];
    const { notAfter, renewAfter } = inspect(cacerts.data['ca-cert.pem'] ?? '');
    return [`${cluster}: certificate authority until ${day(notAfter)}, renewed from ${day(renewAfter)} on`];
  });
  return [...roots, ...clusters];
}
