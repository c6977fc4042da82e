import type { RemoteSecretState } from '../../../istio/index.ts';
import type { MeshCluster } from '../../../provider/index.ts';
import type { Finding } from '../../../report/index.ts';
import type { CheckRunContext } from '../../engine/check.ts';
import type { SecretSubject } from './secret-subject.ts';

const OPTIONS = 'PILOT_INSECURE_MULTICLUSTER_KUBECONFIG_OPTIONS';

interface Held {
  readonly cluster: MeshCluster;
  readonly state: RemoteSecretState;
  readonly subject: SecretSubject;
}

/** Why the holder's istiods read nothing by a remote secret, whatever it says of the peer. */
export async function refusedKubeconfig(
  { cluster, state, subject }: Held,
  { facts }: CheckRunContext,
): Promise<Finding[]> {
  const { refused, insecure, credential, peer } = state;
  const unfit = insecure.length > 0 ? await refusedUses(cluster, insecure, facts) : [];
  const found = unfit.map(({ what, by }) => ({
    ...subject,
    message: `holds a kubeconfig for ${peer} that istiod refuses: ${what} is not allowed`,
    cause: `what it has istiod read or run is of istiod’s own pod, so istiod must be told that it may; ${OPTIONS} of ${by} does not name it`,
  }));
  // What is not allowed may be wrong besides, which nobody gets to.
  if (found.length > 0) return found;
  if (refused !== undefined)
    found.push({
      ...subject,
      message: `holds a kubeconfig for ${peer} that istiod refuses: ${refused}`,
      cause: 'it was edited or cut off, or made for a program that reads kubeconfigs otherwise',
    });
  if (credential === 'none')
    found.push({
      ...subject,
      message: `holds a kubeconfig for ${peer} whose user has no token, certificate or other credential`,
      cause: 'istiod asks as nobody, whom an API server tells nothing',
    });
  return found;
}

/** Uses that an istiod of the cluster does not allow, with the first one that does not. */
async function refusedUses(
  cluster: MeshCluster,
  insecure: RemoteSecretState['insecure'],
  facts: CheckRunContext['facts'],
): Promise<{ what: string; by: string }[]> {
  const revisions = await facts.istiodRevisions(cluster);
  return insecure.flatMap(({ option, what }) => {
    const odd = revisions.find(
      ({ environment }) => !(environment[OPTIONS] ?? '').split(',').includes(option),
    );
    return odd ? [{ what, by: odd.deployment }] : [];
  });
}
