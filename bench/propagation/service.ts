import type { BenchBed } from '../bed.ts';

/** Whether the pod is Ready is up to this condition of its status alone. */
export const condition = 'bench.isthmus.io/ready';
/** Whether the Service has the pod at all is up to this label. */
export const served = 'bench.isthmus.io/served';

interface Copied {
  readonly kind: string;
  readonly spec: { readonly template?: { readonly metadata: { labels: object }; readonly spec: object } };
}

/** The sample's own server under another name: its Service everywhere, its pod in the first cluster alone. */
export async function addService(bed: BenchBed, app: string): Promise<void> {
  const [first = ''] = bed.clusters;
  const selected = ['-n', 'sample', 'get', 'deployments', '-l', 'app=helloworld', '-o', 'json'];
  const { items } = JSON.parse(await bed.kubectl(first, selected)) as { items: Copied[] };
  const template = items[0]?.spec.template;
  if (!template) throw new Error(`${first} has no helloworld to copy`);
  const metadata = { name: app, namespace: 'sample' };
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: { ports: [{ name: 'http', port: 5000 }], selector: { app, [served]: 'yes' } },
  };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: {
      replicas: 1,
      selector: { matchLabels: { app } },
      template: {
        metadata: { ...template.metadata, labels: { ...template.metadata.labels, app } },
        spec: { ...template.spec, readinessGates: [{ conditionType: condition }] },
      },
    },
  };
  const apply = (cluster: string, ...objects: object[]) =>
    bed.kubectl(
      cluster,
      ['apply', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
    );
  await Promise.all(
    bed.clusters.map((cluster) =>
      cluster === first ? apply(cluster, service, deployment) : apply(cluster, service),
    ),
  );
  const ready = ['-n', 'sample', 'wait', 'pod', '-l', `app=${app}`, '--for=condition=ContainersReady'];
  await bed.kubectl(first, ['-n', 'sample', 'rollout', 'status', `deployment/${app}`, '--watch=false']);
  await bed.kubectl(first, [...ready, '--timeout=180s']);
}
