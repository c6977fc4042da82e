import {
  EAST_WEST_GATEWAY,
  EAST_WEST_LABEL,
  INGRESS_NAMESPACE,
  SYSTEM_NAMESPACE,
} from '../../istio/index.ts';
import type { Problem } from '../../report/index.ts';
import { defineCheck } from '../engine/check.ts';
import { verdict } from '../engine/findings.ts';
import {
  type AuthorizationPolicyObject,
  namespacedNameOf,
  type PeerAuthenticationObject,
} from '../facts/istio-objects.ts';

export const gatewayPolicy = defineCheck({
  id: 'gateway-policy',
  title: 'no policy closes the way through the east-west gateway',
  scope: 'cluster',
  severity: 'error',
  needs: ['clusters'],
  cause:
    'a policy that allows nothing, made for workloads, selects the gateway as well, or mutual TLS is off',
  inspect: ['kubectl --context CLUSTER get authorizationpolicies,peerauthentications -A -o yaml'],
  fix: 'add a policy that allows the east-west gateway’s port 15443, or narrow the selector; leave mutual TLS on',
  timeoutMs: 15_000,
  async run({ topology, signal }, { kube, spec }) {
    const version = 'security.istio.io/v1';
    const [policies, peers] = await Promise.all([
      kube.list<AuthorizationPolicyObject>(version, 'AuthorizationPolicy', { signal }),
      kube.list<PeerAuthenticationObject>(version, 'PeerAuthentication', { signal }),
    ]);
    const crosses = new Set(topology.clusters.map(({ network }) => network)).size > 1;
    return verdict(
      {
        failures: closingPolicies(spec.name, policies),
        warnings: crosses ? plainText(spec.name, peers) : [],
      },
      { detail: `${policies.length + peers.length} policies, none closes the gateway` },
    );
  },
});

const gatewayLabels: Readonly<Record<string, string>> = { istio: EAST_WEST_LABEL, app: EAST_WEST_GATEWAY };

function selectsGateway({ metadata, spec }: AuthorizationPolicyObject): boolean {
  if (![INGRESS_NAMESPACE, SYSTEM_NAMESPACE].includes(metadata?.namespace ?? '')) return false;
  if (spec?.targetRefs) return false;
  return Object.entries(spec?.selector?.matchLabels ?? {}).every(
    ([key, value]) => gatewayLabels[key] === value,
  );
}

const isAllow = ({ spec }: AuthorizationPolicyObject): boolean => (spec?.action ?? 'ALLOW') === 'ALLOW';
const rulesOf = ({ spec }: AuthorizationPolicyObject): readonly object[] => spec?.rules ?? [];

/** ALLOW without rules denies everything, unless another ALLOW has rules; DENY with an empty rule always does. */
export function closingPolicies(cluster: string, policies: readonly AuthorizationPolicyObject[]): Problem[] {
  const own = policies.filter(selectsGateway);
  const opened = own.some((policy) => isAllow(policy) && rulesOf(policy).length > 0);
  const closing = own.filter((policy) =>
    isAllow(policy)
      ? rulesOf(policy).length === 0 && !opened
      : policy.spec?.action === 'DENY' && rulesOf(policy).some((rule) => Object.keys(rule).length === 0),
  );
  return closing.map((policy) => ({
    cluster,
    object: `AuthorizationPolicy ${namespacedNameOf(policy)}`,
    message: 'lets nothing through the east-west gateway',
    evidence: `action ${policy.spec?.action ?? 'ALLOW'}, ${rulesOf(policy).length} rules`,
    cause: 'it selects the gateway, so every request from other networks is refused',
    fix: `kubectl --context ${cluster} -n ${policy.metadata?.namespace} delete authorizationpolicy ${policy.metadata?.name}`,
  }));
}

/** istiod hands out no endpoint of another network for what does not speak mutual TLS, and says so nowhere. */
export function plainText(cluster: string, policies: readonly PeerAuthenticationObject[]): Problem[] {
  const off = policies.filter(({ spec }) => spec?.mtls?.mode === 'DISABLE');
  return off.map((policy) => ({
    cluster,
    object: `PeerAuthentication ${namespacedNameOf(policy)}`,
    message: 'turns mutual TLS off, so its workloads neither reach nor are reached from other networks',
    evidence: 'mtls.mode DISABLE',
    cause: 'between networks the gateway routes by the SNI of mutual TLS, so there is no way without it',
    fix: `set mtls.mode to PERMISSIVE, or keep what it selects within ${cluster}`,
  }));
}
