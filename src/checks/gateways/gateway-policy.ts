import { type AuthorizationPolicy, selects } from '../../kubernetes/index.ts';
import type { Finding } from '../../report/index.ts';
import { DEFAULT_ISTIO_NAMESPACE } from '../../topology/index.ts';
import { defineCheck } from '../engine/check.ts';
import { failures, merge, verdict } from '../engine/findings.ts';
import { type GatewayFacts, templateLabels } from '../facts/gateway-facts.ts';
import { namespacedNameOf } from '../facts/istio-objects.ts';
import { plainTextFindings } from './parts/plain-text.ts';

export const gatewayPolicy = defineCheck({
  id: 'gateway-policy',
  title: 'no policy closes the way through the east-west gateway',
  scope: 'cluster',
  severity: 'error',
  needs: ['clusters'],
  cause:
    'a policy that allows nothing, made for workloads, selects the gateway as well, or mutual TLS is off',
  inspect: [
    'kubectl --context CLUSTER get authorizationpolicies,peerauthentications,destinationrules -A -o yaml',
  ],
  fix: 'add a policy that allows the east-west gateway’s port 15443, or narrow the selector; leave mutual TLS on',
  timeoutMs: 15_000,
  async run(context, cluster) {
    const { facts } = context;
    const { spec } = cluster;
    const [policies, gateways, configs, plain] = await Promise.all([
      facts.objects<AuthorizationPolicy>(cluster, 'security.istio.io/v1', 'AuthorizationPolicy'),
      facts.gateways(cluster),
      facts.meshConfigs(cluster),
      plainTextFindings(cluster, context),
    ]);
    const workloads = gatewayWorkloads(gateways);
    const roots = configs.map(({ rootNamespace }) => rootNamespace ?? DEFAULT_ISTIO_NAMESPACE);
    const found = merge([
      failures(...closingPolicies(spec.name, policies, { workloads, roots })),
      plain.found,
    ]);
    const namespaces = [...new Set(workloads.map(({ namespace }) => namespace))];
    const detail = `${policies.length} policies, none closes the gateway in ${namespaces.join(', ')}, nor mutual TLS of ${plain.looked} Services behind it`;
    const nothing = 'there is no east-west gateway that a policy could close';
    return verdict(found, { detail, looked: workloads.length, nothing });
  },
});

/** The pods of one gateway, as policies select them. */
export interface GatewayWorkload {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Gateways where they really are, also while none of their pods runs. */
function gatewayWorkloads({ deployments, pods }: GatewayFacts): GatewayWorkload[] {
  return [
    ...pods.map(({ metadata }) => ({
      namespace: metadata?.namespace ?? '',
      labels: metadata?.labels ?? {},
    })),
    ...deployments.map((one) => ({
      namespace: one.metadata?.namespace ?? '',
      labels: templateLabels(one),
    })),
  ];
}

interface PolicyScope {
  readonly workloads: readonly GatewayWorkload[];
  /** Namespaces whose policies are for the whole mesh. */
  readonly roots: readonly string[];
}

function selectsGateway({ metadata, spec }: AuthorizationPolicy, { workloads, roots }: PolicyScope): boolean {
  if (spec?.targetRefs) return false;
  const everywhere = roots.includes(metadata?.namespace ?? '');
  const labelsOf = spec?.selector?.matchLabels ?? {};
  // Other than a Service's, a policy's empty selector selects all of its namespace.
  const matches = (labels: GatewayWorkload['labels']) =>
    Object.keys(labelsOf).length === 0 || selects(labelsOf, labels);
  return workloads.some(
    ({ namespace, labels }) => (everywhere || namespace === metadata?.namespace) && matches(labels),
  );
}

const isAllow = ({ spec }: AuthorizationPolicy): boolean => (spec?.action ?? 'ALLOW') === 'ALLOW';
const rulesOf = ({ spec }: AuthorizationPolicy): readonly object[] => spec?.rules ?? [];

/** ALLOW without rules denies everything, unless another ALLOW has rules; DENY with an empty rule always does. */
export function closingPolicies(
  cluster: string,
  policies: readonly AuthorizationPolicy[],
  scope: PolicyScope,
): Finding[] {
  const own = policies.filter((policy) => selectsGateway(policy, scope));
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
    fix: `kubectl --context {context} -n ${policy.metadata?.namespace} delete authorizationpolicy ${policy.metadata?.name}`,
  }));
}
