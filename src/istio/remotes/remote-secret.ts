import type { KubeObject, ObjectRef, Secret } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type ClusterSpec, istioNamespaceOf, type Topology } from '../../topology/index.ts';
import { REMOTE_SECRET_LABEL, REMOTE_SECRETS } from '../names.ts';
import { istioOf } from '../observe/mesh-config.ts';
import { type IssuedToken, isAccepted } from './issue-token.ts';
import {
  parseRemoteKubeconfig,
  type RemoteAccess,
  remoteKubeconfig,
} from './kubeconfig/remote-kubeconfig.ts';
import { labelledSecrets } from './labelled-secrets.ts';
import { namePart } from './name-part.ts';
import { authorityForPeers } from './peer-authority.ts';
import { isDue, isShort, lifeOfDays, type RemoteToken, readToken } from './remote-token.ts';

/** In this cluster's istiod's namespace there is access to that one's API server. */
export interface SecretPair {
  readonly holder: MeshCluster;
  readonly target: MeshCluster;
}

const EXPIRES = 'isthmus.io/token-expires';
const ISSUED = 'isthmus.io/token-issued';
const ACCESS = 'isthmus.io/remote-access';
export const MULTI_CLUSTER = `${REMOTE_SECRETS},app.kubernetes.io/managed-by=isthmus`;

/** Name of the Secret by which istiod reaches a peer. */
export const remoteSecretName = (peer: string) => `istio-remote-secret-${namePart(peer)}`;

export const remoteSecretRef = (holder: ClusterSpec, peer: string): ObjectRef => ({
  apiVersion: 'v1',
  kind: 'Secret',
  namespace: istioNamespaceOf(holder),
  name: remoteSecretName(peer),
});

/** A pair's Secret as it is in the holder, with what its token says; undefined parts cannot be read. */
export interface HeldSecret {
  readonly object: Secret;
  readonly access: RemoteAccess | undefined;
  readonly token: RemoteToken | undefined;
}

/** Undefined if the holder has no such Secret. */
export async function readHeld(
  { holder, target }: SecretPair,
  signal: AbortSignal,
): Promise<HeldSecret | undefined> {
  const { name } = target.spec;
  const object = await holder.kube.get<Secret>(remoteSecretRef(holder.spec, name), { signal });
  return object && heldOf(object, name);
}

/**
 * Reads as {@link readHeld} does, of each holder all Secrets with istiod's label at once, when the first of them is
 * asked for. One that is not among them is read by its name, in case it is there without the label.
 */
export function heldReader(signal: AbortSignal): (pair: SecretPair) => Promise<HeldSecret | undefined> {
  const lists = new Map<MeshCluster, Promise<ReadonlyMap<string, Secret>>>();
  return async (pair) => {
    const { holder, target } = pair;
    const { name } = target.spec;
    const list = lists.get(holder) ?? secretsByName(holder, signal);
    lists.set(holder, list);
    const object = (await list).get(remoteSecretName(name));
    return object ? heldOf(object, name) : readHeld(pair, signal);
  };
}

async function secretsByName(holder: MeshCluster, signal: AbortSignal): Promise<ReadonlyMap<string, Secret>> {
  const secrets = await labelledSecrets(istioOf(holder), { signal });
  return new Map(secrets.map((one) => [one.metadata?.name ?? '', one]));
}

function heldOf(object: Secret, name: string): HeldSecret {
  const text = Buffer.from(object.data?.[name] ?? '', 'base64').toString('utf8');
  const access = parseRemoteKubeconfig(text);
  return { object, access, token: access && readToken(access.token) };
}

/** The life of a token; one without an end gets that of `days` from the day on which it was issued. */
export function lifeOf({ object, token }: HeldSecret, days: number) {
  return token?.life ?? lifeOfDays(issuedOf(object), days);
}

/** When a Secret's token was issued, by its annotation; when the Secret was made where it has none. */
export function issuedOf({ metadata }: KubeObject): Date {
  const stated = new Date(metadata?.annotations?.[ISSUED] ?? '');
  return Number.isNaN(stated.getTime()) ? new Date(metadata?.creationTimestamp ?? 0) : stated;
}

/** Did isthmus make it, or take it over? */
export const managedByIsthmus = ({ object }: HeldSecret): boolean =>
  object.metadata?.labels?.['app.kubernetes.io/managed-by'] === 'isthmus';

/** Why a pair needs a new token or a new kubeconfig; undefined if it needs nothing. */
export async function reasonToReplace(
  pair: SecretPair,
  held: HeldSecret | undefined,
  { topology, signal }: { topology: Topology; signal: AbortSignal },
): Promise<string | undefined> {
  const { holder, target } = pair;
  if (!held) return `${holder.spec.name} has no access to ${target.spec.name} yet`;
  const { object, access } = held;
  if (object.metadata?.labels?.[REMOTE_SECRET_LABEL] !== 'true')
    return `its label ${REMOTE_SECRET_LABEL} is missing, so istiod ignores it`;
  if (!access) return 'its kubeconfig is missing or broken';
  const { apiServerForPeers, serverNameForPeers = '' } = target.kube.connection;
  if (access.server !== apiServerForPeers) return `address ${access.server} → ${apiServerForPeers}`;
  if (access.serverName !== serverNameForPeers)
    return `TLS server name ${access.serverName || '(none)'} → ${serverNameForPeers || '(none)'}`;
  const authority = await authorityForPeers(target, signal);
  if (access.certificateAuthority.trim() !== (authority ?? '').trim())
    return 'the API server has another certificate authority';
  const reason = tokenReason(pair, held, topology);
  if (reason) return reason;
  if (!(await isAccepted(target, access.token, signal)))
    return `${target.spec.name} does not accept its token`;
  return undefined;
}

function tokenReason({ target }: SecretPair, held: HeldSecret, { istio }: Topology): string | undefined {
  const { token } = held;
  const { remoteAccess: mode, remoteSecretDays: days } = istio;
  if (!token) return 'its token cannot be read';
  if (mode === 'bounded' && token.access === 'secret') return 'its token has no end';
  if (mode === 'secret' && token.access === 'bounded') return 'spec.istio.remoteAccess is secret';
  if (token.access === 'secret' && held.object.metadata?.annotations?.[ACCESS] !== 'secret')
    return 'its token was not made for this holder alone';
  if (mode === 'auto' && token.life && isShort(token.life, days))
    return `${target.spec.name} grants less than the ${days} days asked for`;
  const life = lifeOf(held, days);
  if (!isDue(life)) return undefined;
  return token.life
    ? `its token ends on ${life.expires.toISOString()}`
    : `its token is of ${life.issued.toISOString()}`;
}

/** The Secret by which the holder's istiod reaches the target with a token. Throws as {@link authorityForPeers} does. */
export async function secretOf(
  { holder, target }: SecretPair,
  issued: IssuedToken,
  signal: AbortSignal,
): Promise<KubeObject> {
  const { name } = target.spec;
  const certificateAuthority = await authorityForPeers(target, signal);
  const connection = { ...target.kube.connection, cluster: name, certificateAuthority };
  const kubeconfig = remoteKubeconfig(connection, issued.token);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: remoteSecretName(name),
      namespace: istioNamespaceOf(holder.spec),
      labels: { [REMOTE_SECRET_LABEL]: 'true', 'app.kubernetes.io/managed-by': 'isthmus' },
      annotations: {
        'networking.istio.io/cluster': name,
        [ACCESS]: issued.access,
        [ISSUED]: issued.issued.toISOString(),
        ...(issued.expires ? { [EXPIRES]: issued.expires.toISOString() } : {}),
      },
    },
    type: 'Opaque',
    data: { [name]: Buffer.from(kubeconfig).toString('base64') },
  };
}
