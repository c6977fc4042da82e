import { NETWORK_LABEL } from '../../../istio/index.ts';
import type { MeshCluster } from '../../../provider/index.ts';
import type { Finding } from '../../../report/index.ts';
import { istioNamespaceOf } from '../../../topology/index.ts';
import { type Findings, failures, merge, warnings } from '../../engine/findings.ts';
import type { GatewayFacts } from '../../facts/gateway-facts.ts';
import { namespacedNameOf } from '../../facts/istio-objects.ts';

/** What is wrong with the `meshNetworks` of a cluster's own istiod, as far as it is about the cluster. */
export function statedFindings({ spec }: MeshCluster, seen: GatewayFacts): Findings {
  const { stated } = seen;
  if (!stated) return failures();
  const object = `ConfigMap ${istioNamespaceOf(spec)}/istio`;
  const subject = { cluster: spec.name, object };
  const edit = `kubectl --context {context} -n ${istioNamespaceOf(spec)} edit configmap istio`;
  // One of several that are there is enough, and each cluster of a network may have its own.
  const missing = stated.named.length > 0 ? [] : stated.absent;
  const absent = missing.map((service) => ({
    ...subject,
    message: `meshNetworks names ${service} as a gateway, which is no Service of this cluster`,
    cause: 'istiod finds no address for it and says nothing of it',
    fix: `${edit}; name the Service as NAME.NAMESPACE.svc.cluster.local`,
  }));
  return merge([
    stated.shared ? warnings(...absent) : failures(...absent),
    warnings(...faultFinding(subject, { fault: stated.fault, edit })),
    otherNetwork(subject, { network: spec.network, seen }),
  ]);
}

type Subject = Pick<Finding, 'cluster' | 'object'> & { readonly cluster: string };

const faultFinding = (
  subject: Subject,
  { fault, edit }: { readonly fault: string | undefined; readonly edit: string },
): Finding[] =>
  fault === undefined
    ? []
    : [
        {
          ...subject,
          message: 'meshNetworks cannot be read, so istiod takes none of it',
          evidence: fault,
          cause: 'istiod warns of it in its log, keeps what it knew before, and has nothing after a restart',
          fix: edit,
        },
      ];

/** Harmless only where the network has a gateway by label as well. */
function otherNetwork(
  subject: Subject,
  { network: own, seen }: { readonly network: string; readonly seen: GatewayFacts },
): Findings {
  const { network, named = [] } = seen.stated ?? {};
  if (seen.systemNetwork !== own || network === undefined || network === own || named.length === 0)
    return failures();
  const finding = {
    ...subject,
    message: `meshNetworks has ${named.join(', ')} as a gateway of network ${network}, and the cluster is labelled ${own}`,
    cause:
      'a label on the namespace of istiod goes before, so nobody is in the network that the gateway is for',
    fix: `rename the network in meshNetworks to ${own}, or take the label off the namespace`,
  };
  const byLabel = seen.services.some(
    (one) => one.metadata?.labels?.[NETWORK_LABEL] === own && !named.includes(namespacedNameOf(one)),
  );
  return byLabel ? warnings(finding) : failures(finding);
}
