import { authoritySource } from '../../istio/index.ts';
import { authorityIn, type Credential, createRoot, issueLeaf } from '../../pki/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { Topology } from '../../topology/index.ts';
import { blocked } from '../frame/target.ts';

/** Who asks, and what is to become of it. */
export interface Caller {
  readonly id: string;
  readonly title: string;
  readonly expected: Verdict;
  /** Undefined for one that shows no certificate. */
  readonly credential?: Credential | undefined;
}

/** `denied`: by the target's own proxy; `refused`: by TLS; `closed`: the connection ended without a word. */
export type Verdict = 'allowed' | 'denied' | 'refused' | 'closed';

/** The account that the policy lets in. */
export const allowedAccount = { namespace: 'sample', name: 'sleep' };

/**
 * Those that ask, with certificates below the mesh's own root for any account, which makes them as good
 * as a pod of that account. They live a day and stay in memory. DRILL_BLOCKED where isthmus cannot sign.
 */
export async function callersOf(
  topology: Topology,
  cluster: MeshCluster,
  signal: AbortSignal,
): Promise<readonly Caller[]> {
  const { data } = await authoritySource(cluster, { signal });
  if (!data)
    throw blocked(`${cluster.spec.name} does not sign with a Secret cacerts`, {
      hint: 'this drill makes certificates of other accounts with it, so it needs a mesh whose authority isthmus plugged in',
    });
  const { trustDomain } = topology;
  const of = (namespace: string, name: string, issuer = authorityIn(data)) =>
    issueLeaf({
      issuer,
      commonName: 'certificate of a drill',
      uris: [`spiffe://${trustDomain}/ns/${namespace}/sa/${name}`],
      usages: ['client', 'server'],
      days: 1,
    });
  const { namespace, name } = allowedAccount;
  const stranger = await createRoot({
    subject: 'a root of somebody else',
    algorithm: 'ecdsa-p256',
    years: 1,
  });
  return [
    {
      id: 'allowed',
      title: `${namespace}/${name}`,
      expected: 'allowed',
      credential: await of(namespace, name),
    },
    {
      id: 'account',
      title: 'another account of the namespace',
      expected: 'denied',
      credential: await of(namespace, 'other'),
    },
    {
      id: 'tenant',
      title: 'the same account of another tenant’s namespace',
      expected: 'denied',
      credential: await of('other-tenant', name),
    },
    {
      id: 'root',
      title: 'the allowed account, signed by a root of somebody else',
      expected: 'refused',
      credential: await of(namespace, name, stranger),
    },
    { id: 'plain', title: 'nobody, in plain text', expected: 'closed' },
  ];
}
