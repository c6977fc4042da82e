import { type Finding, groupBy, skip } from '../../report/index.ts';
import { defineCheck } from '../engine/check.ts';
import { eachCluster } from '../engine/each-cluster.ts';
import { type Findings, failures, merge, verdict, warnings } from '../engine/findings.ts';
import { type ServiceCopy, serviceCopies } from './parts/service-copy.ts';
import { kindFindings } from './parts/service-kinds.ts';

export const servicePorts = defineCheck({
  id: 'service-ports',
  title: 'a Service that several clusters share is of one kind and has the same ports in each',
  scope: 'mesh',
  severity: 'error',
  needs: ['clusters'],
  cause:
    'istiod joins the endpoints of clusters by the name of the port, and takes its number and kind from one of them',
  inspect: ['kubectl --context CLUSTER get services -A -o wide'],
  fix: 'give the Service the same kind, port names and numbers in every cluster',
  timeoutMs: 15_000,
  async run(context) {
    const { clusters } = context;
    if (clusters.length < 2) return skip('the mesh has one cluster');
    const all = await eachCluster(clusters, (cluster) => serviceCopies(cluster, context));
    const shared = sharedServices(all.flat());
    const kinds = merge(shared.map((copies) => warnings(...kindFindings(copies))));
    const found = merge([kinds, ...shared.map(portFindings)]);
    const detail = `${shared.length} shared Services have the same ports in each cluster`;
    return verdict(found, { detail, looked: shared.length, nothing: 'no Service is in several clusters' });
  },
});

/** Services that more than one cluster has, with all their copies. */
export function sharedServices(copies: readonly ServiceCopy[]): (readonly ServiceCopy[])[] {
  return [...groupBy(copies, ({ key }) => key).values()].filter((own) => own.length > 1);
}

/** Where copies of one Service differ from the ports that most of them have. */
export function portFindings(all: readonly ServiceCopy[]): Findings {
  // An alias has no endpoints that could be joined.
  const copies = all.filter(({ kind }) => kind !== 'ExternalName');
  const [first] = copies;
  if (!first) return failures();
  const usual = mostUsual(copies, first);
  return merge(
    copies.filter((copy) => written(copy) !== written(usual)).map((copy) => difference(copy, usual)),
  );
}

/** The first of those whose ports most copies have. */
function mostUsual(copies: readonly ServiceCopy[], first: ServiceCopy): ServiceCopy {
  const count = ({ ports }: ServiceCopy) =>
    copies.filter((one) => written(one) === written({ ports })).length;
  return copies.reduce((best, one) => (count(one) > count(best) ? one : best), first);
}

const written = ({ ports }: Pick<ServiceCopy, 'ports'>): string =>
  ports
    .map(({ name, port }) => `${name || '(no name)'}:${port}`)
    .sort()
    .join(', ');

function difference(copy: ServiceCopy, usual: ServiceCopy): Findings {
  const names = new Set(copy.ports.map(({ name }) => name));
  const lost = usual.ports.filter(({ name }) => !names.has(name));
  const moved = usual.ports.filter(({ name, port }) =>
    copy.ports.some((one) => one.name === name && one.port !== port),
  );
  const finding: Finding = {
    cluster: copy.cluster,
    object: `Service ${copy.key}`,
    message: `has the ports ${written(copy)}, in ${usual.cluster} it has ${written(usual)}`,
    cause: lost.length > 0 ? causeOfNames(copy, usual) : causeOfNumbers(copy, usual),
    fix: `give it the ports ${written(usual)} in ${copy.cluster}, or those of ${copy.cluster} everywhere`,
  };
  const broken = lost.length > 0 || (moved.length > 0 && copy.network !== usual.network);
  return broken ? failures(finding) : warnings(finding);
}

const causeOfNames = (copy: ServiceCopy, usual: ServiceCopy): string =>
  `endpoints are joined by the port’s name, so requests from ${usual.cluster} get no pod of ${copy.cluster} for it`;

/** Between networks the SNI has the number as the caller's cluster has it (istio.io/istio pilot/pkg/model/push_context.go). */
function causeOfNumbers(copy: ServiceCopy, usual: ServiceCopy): string {
  const own = `callers know the numbers of their own cluster alone, so a caller that moves from ${usual.cluster} to ${copy.cluster} finds its port gone`;
  if (copy.network === usual.network) return own;
  return `${own}; between networks requests name the number, and the gateway of the other cluster refuses the one that it does not have`;
}
