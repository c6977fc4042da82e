import { messageOf } from '../../errors/index.ts';
import { type RemoteSecretState, remoteSecretName, remoteSecrets } from '../../istio/index.ts';
import { sameAddress } from '../../kubernetes/index.ts';
import { sameRoots } from '../../pki/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type Finding, type Remedy, skip } from '../../report/index.ts';
import type { IstioSpec } from '../../topology/index.ts';
import { type CheckRunContext, defineCheck } from '../engine/check.ts';
import { type Findings, failures, merge, verdict, warnings } from '../engine/findings.ts';
import { createRemoteSecret } from './parts/create-remote-secret.ts';
import { extraSecrets } from './parts/extra-secrets.ts';
import { missingSecret } from './parts/missing-secret.ts';
import { judgeOtherAddress } from './parts/other-address.ts';
import { type Holding, type SecretSubject, subjectOf } from './parts/secret-subject.ts';

export const secrets = defineCheck({
  id: 'secrets',
  title: 'every other cluster’s remote secret is there, right and good for long enough',
  scope: 'cluster',
  severity: 'error',
  needs: ['clusters'],
  cause: 'the secret was edited, its token expired, or the other cluster was made anew',
  inspect: [
    'kubectl --context CLUSTER -n istio-system get secrets -l istio/multiCluster=true',
    'istioctl --context CLUSTER remote-clusters',
  ],
  fix: {
    withFile: 'isthmus up writes the secret anew',
    byHand: createRemoteSecret,
  },
  timeoutMs: 15_000,
  async run(context, cluster) {
    const { clusters, signal } = context;
    const peers = clusters.filter((one) => one !== cluster);
    const states = await remoteSecrets(cluster, { signal });
    if (peers.length === 0 && states.length === 0) return skip('the mesh has one cluster');
    const perPeer = await Promise.all(peers.map((peer) => peerFindings({ cluster, peer }, states, context)));
    const found = merge([...perPeer, extraSecrets(cluster, states, context)]);
    const evidence = [...states.map(evidenceOf), ...perPeer.flatMap((one) => one.evidence ?? [])];
    const nothing = 'there is no remote secret';
    return verdict(found, { detail: detailOf(states), evidence, looked: states.length, nothing });
  },
});

/** With how it is known that another address than the expected one is right. */
type PeerFindings = Findings & { readonly evidence?: readonly string[] };

async function peerFindings(
  { cluster, peer }: Holding,
  states: readonly RemoteSecretState[],
  context: CheckRunContext,
): Promise<PeerFindings> {
  const own = states.filter(({ peer: name }) => name === peer.spec.name);
  const [state, ...others] = own;
  const subject = {
    ...subjectOf(cluster, state?.secret ?? remoteSecretName(peer.spec.name)),
    peer: peer.spec.name,
  };
  if (!state) return failures({ ...subject, ...(await missingSecret({ cluster, peer }, context)) });
  const doubled = others.map(({ secret }) => ({
    ...subjectOf(cluster, secret),
    message: `is about ${peer.spec.name} as well as ${state.secret}`,
    cause: 'istiod uses one of the two, and which one is not defined',
    fix: `kubectl --context {context} -n {istioNamespace} delete secret ${secret}`,
  }));
  if (!state.readable)
    return failures(...doubled, {
      ...subject,
      message: `holds no readable kubeconfig with a token for ${peer.spec.name}`,
    });
  const authority = await authorityOf(peer, subject, context);
  const connection = { ...peer.kube.connection, certificateAuthority: authority.known };
  const problems = addressProblems(state, subject, { spec: peer.spec, kube: { connection } });
  const address = await judgeOtherAddress({ cluster, peer }, { state, problems }, context);
  const found = merge([
    failures(...doubled, ...address.problems),
    warnings(...authority.doubts),
    tokenFindings(state, { subject, peer: peer.spec.name, istio: context.topology.istio }),
    await acceptance(state, { subject, peer }, context),
  ]);
  return { ...found, evidence: address.evidence };
}

interface PeerAuthority {
  /** PEM; undefined for a public one, or where nobody told. */
  readonly known: string | undefined;
  readonly doubts: readonly Finding[];
}

/** A kubeconfig that verifies nothing does not tell the peer's authority; then the peer does, if it answers. */
async function authorityOf(
  peer: MeshCluster,
  subject: SecretSubject,
  { signal, facts }: CheckRunContext,
): Promise<PeerAuthority> {
  const { certificateAuthority: known } = peer.kube.connection;
  if (known || !(await facts.answers(peer))) return { known, doubts: [] };
  try {
    return { known: await facts.authorityForPeers(peer), doubts: [] };
  } catch (error) {
    signal.throwIfAborted();
    const message = `cannot be compared with the authority of ${peer.spec.name}’s API server: ${messageOf(error)}`;
    const fix = 'put certificate-authority-data into the kubeconfig in place of insecure-skip-tls-verify';
    return { known: undefined, doubts: [{ ...subject, message, fix }] };
  }
}

/** A peer and what is known of its API server. */
interface PeerServer {
  readonly spec: MeshCluster['spec'];
  readonly kube: Pick<MeshCluster['kube'], 'connection'>;
}

/**
 * Is this the API server that the peer really has, verified by its name and the authority that signed its
 * certificate? A name is expected of the address that this machine uses alone: every other has its own.
 */
export function addressProblems(
  state: RemoteSecretState,
  subject: SecretSubject,
  { kube, spec }: PeerServer,
): Finding[] {
  const { apiServerForPeers, serverNameForPeers: serverName, certificateAuthority } = kube.connection;
  const found: Finding[] = [];
  const isThere = sameAddress(state.server, apiServerForPeers);
  if (isThere && serverName && state.serverName !== serverName)
    found.push({
      ...subject,
      message: `verifies ${spec.name}’s API server by ${state.serverName || 'its address'}, its certificate is of ${serverName}`,
      cause: 'the secret was made without the tls-server-name of the kubeconfig',
    });
  if (!isThere)
    found.push({
      ...subject,
      message: `names ${state.server} as the API server of ${spec.name}, it is ${apiServerForPeers}`,
      cause: 'the cluster was made anew or moved after the secret was written',
    });
  if (certificateAuthority && !sameRoots(state.certificateAuthority, certificateAuthority))
    found.push({
      ...subject,
      message: `trusts another certificate authority than the one of ${spec.name}’s API server`,
      cause: 'the cluster was made anew, so its certificates are signed by another authority',
    });
  return found;
}

const bounded: Remedy = {
  withFile: 'isthmus up writes the secret anew, with a token that ends',
  byHand:
    'kubectl --context {peerContext} -n {peerIstioNamespace} create token istio-reader-service-account --duration=720h makes one that ends; put it in place of the token in the kubeconfig of this Secret, and again before it ends',
};

const day = 86_400_000;

export interface TokenContext {
  readonly subject: SecretSubject;
  readonly peer: string;
  readonly istio: Pick<IstioSpec, 'remoteAccess' | 'remoteSecretDays'>;
  readonly now?: Date;
}

/** Expired fails; under a quarter of its life warns, and one without an end by {@link endlessFindings}. */
export function tokenFindings(
  state: Pick<RemoteSecretState, 'life' | 'issued' | 'managed'>,
  context: TokenContext,
): Findings {
  const { life } = state;
  const { subject, peer, now = new Date() } = context;
  if (!life) return endlessFindings(state, context);
  const left = life.expires.getTime() - now.getTime();
  const ends = life.expires.toISOString();
  if (left <= 0)
    return failures({ ...subject, message: `its token for ${peer} expired`, evidence: `expired ${ends}` });
  if (left >= (life.expires.getTime() - life.issued.getTime()) / 4) return failures();
  return warnings({
    ...subject,
    message: `its token for ${peer} ends in ${(left / day).toFixed(1)} days`,
    evidence: `expires ${ends}`,
  });
}

/**
 * A token that lives by a Secret of its holder alone is as good as another while it is younger than
 * the days after which isthmus replaces it. Anybody else's warns.
 */
function endlessFindings(
  { issued, managed }: Pick<RemoteSecretState, 'issued' | 'managed'>,
  { subject, peer, istio, now = new Date() }: TokenContext,
): Findings {
  const days = Math.floor((now.getTime() - issued.getTime()) / day);
  const wanted = managed && istio.remoteAccess !== 'bounded';
  if (wanted && days < istio.remoteSecretDays) return failures();
  return warnings({
    ...subject,
    message: wanted
      ? `its token for ${peer} is ${days} days old, it was to be replaced after ${istio.remoteSecretDays}`
      : `its token for ${peer} never ends`,
    cause:
      'it comes from a Secret of type service-account-token; whoever reads it keeps access until that is deleted',
    ...(wanted ? {} : { fix: bounded }),
  });
}

/** A peer that does not answer is a result of its own; here its answer is only missing. */
async function acceptance(
  state: RemoteSecretState,
  { subject, peer }: { subject: SecretSubject; peer: MeshCluster },
  { signal, facts }: CheckRunContext,
): Promise<Findings> {
  const { name } = peer.spec;
  if (state.life && state.life.expires.getTime() <= Date.now()) return failures();
  if (!(await facts.answers(peer)))
    return warnings({
      ...subject,
      message: `${name} could not be asked whether it accepts its token`,
      fix: {
        withFile: 'isthmus check clusters',
        byHand: 'kubectl --context {peerContext} get --raw /readyz?verbose',
      },
    });
  if (await state.acceptedBy(peer, { signal })) return failures();
  return failures({
    ...subject,
    message: `${name} does not accept its token`,
    cause: 'its service account or the Secret that it is bound to was removed, or the cluster was made anew',
  });
}

function detailOf(states: readonly RemoteSecretState[]): string {
  const ends = states.flatMap(({ life }) => life?.expires.getTime() ?? []);
  const first = ends.length > 0 ? `, the first token ends ${dateOf(Math.min(...ends))}` : '';
  const lasting = states.flatMap(({ life, issued, readable }) => (life || !readable ? [] : issued.getTime()));
  const since =
    lasting.length > 0 ? `, ${lasting.length} live by a Secret since ${dateOf(Math.min(...lasting))}` : '';
  return `${states.length} remote secrets accepted${first}${since}`;
}

const dateOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

const evidenceOf = ({ secret, peer, server, life, issued }: RemoteSecretState): string => {
  const ends = life
    ? `ends ${life.expires.toISOString()}`
    : `lives by a Secret since ${issued.toISOString()}`;
  return `${secret}: ${peer} at ${server || 'no address'}, token ${ends}`;
};
