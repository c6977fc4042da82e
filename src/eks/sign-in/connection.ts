import type { Cluster } from '@aws-sdk/client-eks';
import type { AwsAccount } from '../../aws/index.ts';
import { awsError, isMissing } from '../../aws/index.ts';
import { IsthmusError } from '../../errors/index.ts';
import {
  type ClusterEntry,
  type KubeConfiguration,
  type KubeConnection,
  plainConfiguration,
  type UserEntry,
} from '../../kubernetes/index.ts';
import type { ExecPlugin } from '../../provider/index.ts';
import { requireOwn } from '../ownership.ts';
import { execEntry } from './exec-entry.ts';
import { eksToken } from './token.ts';

/** An EKS cluster by its EKS name; undefined if there is none. */
export async function describeEksCluster(account: AwsAccount, eksName: string): Promise<Cluster | undefined> {
  const { DescribeClusterCommand } = await import('@aws-sdk/client-eks');
  const client = await account.eks();
  try {
    return (await client.send(new DescribeClusterCommand({ name: eksName }))).cluster;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw awsError(error, `looking at EKS cluster ${eksName}`);
  }
}

export interface ConnectionOptions {
  readonly mesh: string;
  /** Name in the file. */
  readonly cluster: string;
  readonly eksName: string;
  readonly account: AwsAccount;
  /** For kubeconfigs that are written from it; `isthmus` on the PATH by default. */
  readonly plugin?: ExecPlugin | undefined;
}

/**
 * How to reach an EKS cluster. The configuration signs in by itself and never runs a program; written
 * into a kubeconfig it has an exec plugin. Throws CLUSTER_UNREACHABLE if there is no cluster yet,
 * STACK_FOREIGN if the one of that name is somebody else's.
 */
export async function eksConnection(options: ConnectionOptions): Promise<KubeConnection> {
  const { cluster, eksName, account } = options;
  const found = await describeEksCluster(account, eksName);
  if (found) requireOwn(`EKS cluster ${eksName}`, found.tags ?? {}, options);
  if (!found?.endpoint || !found.certificateAuthority?.data)
    throw new IsthmusError(
      'CLUSTER_UNREACHABLE',
      found
        ? `EKS cluster ${eksName} is ${found.status} and has no endpoint yet`
        : `there is no EKS cluster ${eksName}`,
      { hint: 'run `isthmus up`' },
    );
  const caData = found.certificateAuthority.data;
  const entry = { name: cluster, server: found.endpoint, caData };
  const token = async () => {
    const { region, profile } = account.target;
    return (
      await eksToken({ clusterName: eksName, region, profile, credentials: await account.credentials() })
    ).token;
  };
  const config = signing(entry, { user: { name: cluster, exec: execOf(options) }, token });
  return {
    cluster,
    config,
    apiServerForPeers: found.endpoint,
    certificateAuthority: Buffer.from(caData, 'base64').toString('utf8'),
  };
}

function execOf({ eksName, account, plugin = { form: 'isthmus' } }: ConnectionOptions) {
  return execEntry({ ...plugin, ...account.target, clusterName: eksName });
}

/** A configuration whose requests carry a fresh token, although what it says of its user is an exec plugin. */
const signing = (
  cluster: ClusterEntry,
  { user, token }: { readonly user: UserEntry; readonly token: () => Promise<string> },
): KubeConfiguration => ({
  cluster,
  user,
  signIn: async () => plainConfiguration(cluster, { name: user.name, token: await token() }).signIn(),
  withUser: (other) => plainConfiguration(cluster, other),
});
