import type { Bed } from '../e2e/bed.ts';
import { applyTo, read } from './fault.ts';

export const second = 'istio-eastwestgateway-two';
const namespace = 'istio-ingress';

interface Template {
  readonly metadata: { readonly labels: Record<string, string> };
  readonly spec: object;
}

interface Deployment {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: { readonly template: Template };
}

interface Service {
  readonly metadata: { readonly labels: Record<string, string> };
  readonly spec: { readonly ports: readonly { readonly port: number; readonly name: string }[] };
  readonly status: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip: string }[] } };
}

const network = 'topology.istio.io/network';

/** A second east-west gateway of a cluster, as whoever moves to a new one makes it, with labels of its own. */
export async function applySecondGateway(bed: Bed, cluster: string, replicas: number): Promise<void> {
  const first = ['-n', namespace, 'get', 'istio-eastwestgateway'];
  const of = <T>(kind: string) => read<T>(bed, cluster, [...first.slice(0, 3), kind, ...first.slice(3)]);
  const { apiVersion, kind, spec } = await of<Deployment>('deploy');
  const service = await of<Service>('service');
  const own = { app: second, istio: second };
  const labels = { ...spec.template.metadata.labels, ...own };
  const template = { ...spec.template, metadata: { ...spec.template.metadata, labels } };
  await applyTo(bed, cluster, {
    apiVersion,
    kind,
    metadata: { name: second, namespace },
    spec: { replicas, selector: { matchLabels: own }, template },
  });
  await applyTo(bed, cluster, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: second, namespace, labels: { [network]: service.metadata.labels[network] } },
    spec: {
      type: 'LoadBalancer',
      selector: own,
      ports: service.spec.ports
        .filter(({ port }) => port === 15443)
        .map(({ name, port }) => ({ name, port })),
    },
  });
}

/** Until callers of the other cluster send requests to it. */
export async function waitForSecondGateway(bed: Bed, { here, there }: { here: string; there: string }) {
  const args = ['--context', here, '-n', 'sample', 'proxy-config', 'endpoints', 'deploy/sleep'];
  const until = Date.now() + 60_000;
  for (;;) {
    const { status } = await read<Service>(bed, there, ['-n', namespace, 'get', 'service', second]);
    const address = status.loadBalancer?.ingress?.[0]?.ip;
    if (address && (await bed.tool('istioctl', args)).stdout.includes(`${address}:15443`)) return;
    if (Date.now() > until) throw new Error(`sleep of ${here} never got the second gateway of ${there}`);
  }
}

export async function dropSecondGateway(bed: Bed, cluster: string): Promise<void> {
  for (const kind of ['service', 'deploy'])
    await bed.ok(cluster, ['-n', namespace, 'delete', kind, second, '--ignore-not-found', '--wait']);
}
