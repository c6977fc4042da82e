import { EAST_WEST_GATEWAY, INGRESS_NAMESPACE, SYSTEM_NAMESPACE } from '../istio/index.ts';
import type { Problem } from '../report/index.ts';
import { defineCheck } from './check.ts';
import { eastWest } from './facts.ts';
import { verdict } from './findings.ts';
import { type AuthorizationPolicyObject, keyOf } from './istio-objects.ts';

export const gatewayPolicy = defineCheck({
  id: 'gateway-policy',
  title: 'no policy closes the east-west gateway',
  scope: 'cluster',
  severity: 'error',
  needs: ['clusters'],
  cause: 'a policy that allows nothing, made for workloads, selects the gateway as well',
  look: ['kubectl --context CLUSTER get authorizationpolicies -A -o yaml'],
  fix: 'add a policy that allows the east-west gateway’s port 15443, or narrow the selector',
  timeoutMs: 15_000,
  async run({ signal }, cluster) {
    const policies = await cluster.kube.list<AuthorizationPolicyObject>(
      'security.istio.io/v1',
      'AuthorizationPolicy',
      { signal },
    );
    const found = closingPolicies(cluster.spec.name, policies);
    return verdict(
      { failures: found, warnings: [] },
      { detail: `${policies.length} policies, none closes the gateway` },
    );
  },
});

const gatewayLabels: Readonly<Record<string, string>> = { istio: eastWest, app: EAST_WEST_GATEWAY };

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
    object: `AuthorizationPolicy ${keyOf(policy)}`,
    message: 'lets nothing through the east-west gateway',
    evidence: `action ${policy.spec?.action ?? 'ALLOW'}, ${rulesOf(policy).length} rules`,
    cause: 'it selects the gateway, so every request from other networks is refused',
    fix: `kubectl --context ${cluster} -n ${policy.metadata?.namespace} delete authorizationpolicy ${policy.metadata?.name}`,
  }));
}
