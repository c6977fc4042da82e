import { messageOf } from '../../errors/index.ts';
import {
  REMOTE_SECRETS,
  type RemoteSecretState,
  remoteSecretName,
  remoteSecrets,
} from '../../istio/index.ts';
import { sameAddress } from '../../kubernetes/index.ts';
import { sameRoots } from '../../pki/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type Finding, skip } from '../../report/index.ts';
import { type CheckRunContext, defineCheck } from '../engine/check.ts';
import { type Findings, failures, merge, verdict, warnings } from '../engine/findings.ts';
import { createRemoteSecret } from './parts/create-remote-secret.ts';
import { acceptance, nameOfCredential, tokenFindings } from './parts/credential-findings.ts';
import { extraSecrets } from './parts/extra-secrets.ts';
import { missingSecret } from './parts/missing-secret.ts';
import { judgeOtherAddress } from './parts/other-address.ts';
import { refusedKubeconfig } from './parts/refused-kubeconfig.ts';
import { type Holding, type SecretSubject, subjectOf } from './parts/secret-subject.ts';

export const secrets = defineCheck({
  id: 'secrets',
  title: 'every other cluster’s remote secret is there, right and good for long enough',
  scope: 'cluster',
  severity: 'error',
  needs: ['clusters'],
  cause: 'the secret was edited, its token expired, or the other cluster was made anew',
  inspect: [
    `kubectl --context CLUSTER -n istio-system get secrets -l ${REMOTE_SECRETS}`,
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
  const refused = await refusedKubeconfig({ cluster, state, subject }, context);
  if (refused.length > 0) return failures(...doubled, ...refused);
  const authority = await authorityOf(peer, subject, context);
  const connection = { ...peer.kube.connection, certificateAuthority: authority.known };
  const problems = addressProblems(state, subject, { spec: peer.spec, kube: { connection } });
  const address = await judgeOtherAddress({ cluster, peer }, { state, subject, problems }, context);
  const accepted = await acceptance({ cluster, peer }, { state, subject }, context);
  const found = merge([
    failures(...doubled, ...address.problems),
    warnings(...authority.doubts, ...verification(state, subject), ...address.doubts),
    tokenFindings(state, { subject, peer: peer.spec.name, istio: context.topology.istio }),
    accepted,
  ]);
  return { ...found, evidence: [...address.evidence, ...accepted.evidence] };
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

/** By an authority that can be compared. */
const isVerified = ({ verifiedBy }: RemoteSecretState) => verifiedBy !== 'nothing' && verifiedBy !== 'a file';

function verification(state: RemoteSecretState, subject: SecretSubject): Finding[] {
  if (isVerified(state)) return [];
  const { peer, verifiedBy } = state;
  const message =
    verifiedBy === 'nothing'
      ? `does not verify the API server of ${peer}`
      : `verifies the API server of ${peer} by a file of istiod’s pod, which is not looked at`;
  const cause =
    verifiedBy === 'nothing'
      ? 'its kubeconfig has insecure-skip-tls-verify, so that whoever is in between gets what istiod signs in with'
      : 'its kubeconfig has certificate-authority in place of certificate-authority-data';
  return [{ ...subject, message, cause }];
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
  if (
    isVerified(state) &&
    certificateAuthority &&
    !sameRoots(state.certificateAuthority, certificateAuthority)
  )
    found.push({
      ...subject,
      message: `trusts another certificate authority than the one of ${spec.name}’s API server`,
      cause: 'the cluster was made anew, so its certificates are signed by another authority',
    });
  return found;
}

function detailOf(states: readonly RemoteSecretState[]): string {
  const ends = states.flatMap(({ life }) => life?.expires.getTime() ?? []);
  const first = ends.length > 0 ? `, the first token ends ${dateOf(Math.min(...ends))}` : '';
  const lasting = states.flatMap(({ life, issued, credential }) =>
    life || credential !== 'token' ? [] : issued.getTime(),
  );
  const since =
    lasting.length > 0 ? `, ${lasting.length} live by a Secret since ${dateOf(Math.min(...lasting))}` : '';
  return `${states.length} remote secrets accepted${first}${since}`;
}

const dateOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

const evidenceOf = (state: RemoteSecretState): string => {
  const { secret, peer, server, life, issued, credential } = state;
  const ends = life
    ? ` ends ${life.expires.toISOString()}`
    : credential === 'token'
      ? ` lives by a Secret since ${issued.toISOString()}`
      : '';
  return `${secret}: ${peer} at ${server || 'no address'}, ${nameOfCredential(state)}${ends}`;
};
