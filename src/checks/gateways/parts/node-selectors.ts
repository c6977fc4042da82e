import { gatewaysInUse, isByNodes, NODE_SELECTOR_ANNOTATION, nodeSelectorOf } from '../../../istio/index.ts';
import type { Service } from '../../../kubernetes/index.ts';
import type { MeshCluster } from '../../../provider/index.ts';
import type { Finding } from '../../../report/index.ts';
import type { GatewayFacts } from '../../facts/gateway-facts.ts';
import { nameOf } from '../../facts/objects.ts';
import { kubectlAt } from './network-label.ts';

const silently = 'and says so in its log at the level debug alone';

const why = {
  'no labels': {
    message: `is reached by every node: its annotation ${NODE_SELECTOR_ANNOTATION} is no JSON object of labels`,
    cause: `istiod takes what it cannot read for no condition, ${silently}`,
  },
  'no text': {
    message: `selects nodes by empty labels: its annotation ${NODE_SELECTOR_ANNOTATION} has values that are no text`,
    cause: `istiod takes a value that is no text for an empty one, ${silently}`,
  },
};

/**
 * Node selectors that do not say what somebody meant by them. Where a gateway has addresses of its own istiod asks for
 * no nodes.
 */
export function selectorProblems({ spec }: MeshCluster, { services }: GatewayFacts): Finding[] {
  const byNodes = gatewaysInUse(services).filter(
    (one) => isByNodes(one) && (one.spec?.externalIPs ?? []).length === 0,
  );
  return byNodes.flatMap((service): Finding[] => {
    const { fault } = nodeSelectorOf(service);
    if (fault === undefined) return [];
    const text = service.metadata?.annotations?.[NODE_SELECTOR_ANNOTATION] ?? '';
    const annotate = `${kubectlAt(service)} annotate service ${service.metadata?.name} --overwrite`;
    return [
      {
        cluster: spec.name,
        object: nameOf('Service', service),
        ...why[fault],
        evidence: `${NODE_SELECTOR_ANNOTATION}: ${text}`,
        fix: `${annotate} ${NODE_SELECTOR_ANNOTATION}='${JSON.stringify(meant(service, text))}'`,
      },
    ];
  });
}

/** Labels as kubectl's `-l` takes them, or numbers as text; no condition where nothing can be made of it. */
function meant(service: Service, text: string): Record<string, string> {
  if (nodeSelectorOf(service).fault === 'no text')
    return Object.fromEntries(
      Object.entries(JSON.parse(text) as object).map(([key, one]) => [key, `${one}`]),
    );
  const pairs = text.split(',').map((one) => /^\s*([\w./-]+)=([\w.-]*)\s*$/.exec(one));
  return Object.fromEntries(pairs.flatMap((pair) => (pair ? [[pair[1], pair[2]]] : [])));
}
