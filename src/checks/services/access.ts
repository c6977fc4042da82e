import { type AuthorizationPolicy, type Pod, type Service, selects } from '../../kubernetes/index.ts';
import type { Finding } from '../../report/index.ts';
import type { ServiceSpec } from '../../topology/index.ts';
import { type CheckRunContext, defineCheck } from '../engine/check.ts';
import { eachCluster } from '../engine/each-cluster.ts';
import { failures, verdict } from '../engine/findings.ts';
import { nameOf } from '../facts/objects.ts';
import { copiesOf, declared, fileFindings, foreignFindings, policyKinds } from './parts/copies.ts';

export const access = defineCheck({
  id: 'access',
  title: 'whoever may call a service may do so in every primary, and its policy selects exactly its pods',
  scope: 'mesh',
  severity: 'error',
  needs: ['clusters', 'istiod'],
  cause: 'each primary reads its own cluster only, and a policy selects pods, not hosts',
  inspect: [
    'kubectl --context CLUSTER get authorizationpolicies,peerauthentications -A -o yaml',
    'kubectl --context CLUSTER -n NAMESPACE get services,pods --show-labels',
  ],
  fix: 'apply the same policies to every cluster, with a selector equal to the Service’s own',
  timeoutMs: 15_000,
  async run(context) {
    const wanted = declared(context, (service) => service.access);
    const policies = await copiesOf<AuthorizationPolicy>(
      context,
      'security.istio.io/v1',
      'AuthorizationPolicy',
    );
    const allowing = policies.map((copy) => ({ ...copy, objects: copy.objects.filter(allowsSome) }));
    const found = [
      ...fileFindings(context, wanted, { copies: await policyKinds(context), of: 'policies' }),
      ...foreignFindings(allowing, wanted),
      ...(await Promise.all(wanted.map((service) => selectionFindings(context, service)))).flat(),
    ];
    const looked = new Set(allowing.flatMap(({ objects }) => objects.map(namesOf))).size;
    const detail = `${looked} policies that let some callers in, the same in ${policies.length} primaries`;
    const nothing = 'no policy lets only some callers in';
    return verdict(failures(...found), { detail, looked: looked + wanted.length, nothing });
  },
});

const namesOf = (policy: AuthorizationPolicy) => nameOf('AuthorizationPolicy', policy);

/** With a policy that allows, everybody whom none allows is refused. */
const allowsSome = ({ spec }: AuthorizationPolicy): boolean =>
  (spec?.action ?? 'ALLOW') === 'ALLOW' && spec?.selector !== undefined;

/** Pods of the Service that the policy leaves out take every call; others that it selects lose theirs. */
async function selectionFindings(
  { clusters, facts }: CheckRunContext,
  { name, namespace, selector }: ServiceSpec,
): Promise<Finding[]> {
  const found = await eachCluster(clusters, async (cluster) => {
    const [services, pods] = await Promise.all([
      facts.objects<Service>(cluster, 'v1', 'Service'),
      facts.objects<Pod>(cluster, 'v1', 'Pod'),
    ]);
    const service = services.find(
      ({ metadata }) => metadata?.name === name && metadata?.namespace === namespace,
    );
    const near = pods.filter(({ metadata }) => metadata?.namespace === namespace);
    return service ? selectionProblems(cluster.spec.name, { service, pods: near, selector }) : [];
  });
  return found.flat();
}

interface Selection {
  readonly service: Service;
  /** Pods of its namespace. */
  readonly pods: readonly Pod[];
  /** What the policy selects by. */
  readonly selector: Readonly<Record<string, string>>;
}

/** Pods that only one of the two selects, the Service or the policy. */
export function selectionProblems(cluster: string, { service, pods, selector }: Selection): Finding[] {
  const object = nameOf('Service', service);
  const own = service.spec?.selector;
  return pods.flatMap(({ metadata }): Finding[] => {
    const labels = metadata?.labels ?? {};
    const [behind, selected] = [selects(own, labels), selects(selector, labels)];
    if (behind === selected) return [];
    const message = behind
      ? `its pod ${metadata?.name} is not selected by its policy, so everybody may call it`
      : `its policy also selects pod ${metadata?.name}, which is not behind it`;
    const wants = Object.entries(own ?? {}).map(([key, value]) => `${key}: ${value}`);
    const fix = `make the policy’s selector {${wants.join(', ')}}, as the Service has it`;
    return [{ cluster, object, message, fix }];
  });
}
