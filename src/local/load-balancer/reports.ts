import type { LoadBalancerTarget } from '../../provider/index.ts';
import type { NodeApi } from '../node/api.ts';
import type { Health } from './health.ts';
import { type BalancerState, balancerConfigMap, ingressOf, type ServiceObject, serviceKey } from './state.ts';
import type { Target } from './targets.ts';

export interface BalancerReport {
  readonly service: ServiceObject;
  readonly targets: readonly { readonly target: Target; readonly health: Health }[];
}

const { namespace, name } = balancerConfigMap;
const collection = `/api/v1/namespaces/${namespace}/configmaps`;

/** The ConfigMap with the state of every load balancer, written only when something changed. */
export class Reports {
  readonly #api: NodeApi;
  #written: Record<string, string> | undefined;

  constructor(api: NodeApi) {
    this.#api = api;
  }

  async write(reports: readonly BalancerReport[], signal: AbortSignal): Promise<void> {
    this.#written ??= await this.#read(signal);
    const wanted = Object.fromEntries(
      reports.map((report) => [serviceKey(report.service), stateText(report)]),
    );
    const gone = Object.keys(this.#written).filter((key) => !(key in wanted));
    const changed = Object.entries(wanted).filter(([key, text]) => this.#written?.[key] !== text);
    if (gone.length === 0 && changed.length === 0) return;
    const data = { ...Object.fromEntries(changed), ...Object.fromEntries(gone.map((key) => [key, null])) };
    // What was refused is written again, by what is there then.
    this.#written = undefined;
    await this.#api.send({
      method: 'PATCH',
      path: `${collection}/${name}`,
      body: { data },
      contentType: 'application/merge-patch+json',
      signal,
    });
    this.#written = wanted;
  }

  async #read(signal: AbortSignal): Promise<Record<string, string>> {
    const map = await this.#api.get<{ data?: Record<string, string> }>(`${collection}/${name}`, signal);
    if (map) return map.data ?? {};
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } };
    await this.#api.send({ method: 'POST', path: collection, body, signal });
    return {};
  }
}

function stateText({ service, targets }: BalancerReport): string {
  const ports = (service.spec.ports ?? []).map(({ port }) => port);
  const state: BalancerState = {
    namespace: service.metadata.namespace,
    service: service.metadata.name,
    addresses: ingressOf(service),
    listeners: ports.map((port) => ({
      port,
      targets: targets.filter(({ target }) => target.listener === port).map(stateOf),
    })),
  };
  return JSON.stringify(state);
}

function stateOf({ target, health }: BalancerReport['targets'][number]): LoadBalancerTarget {
  const { address, port, zone, pod, node } = target;
  const draining = {
    state: 'draining',
    reason: 'Target.DeregistrationInProgress',
    description: 'Target deregistration is in progress',
  } as const;
  const { state, reason, description } = target.draining ? draining : health;
  return { address, port, zone, state, reason, description, pod, node };
}
