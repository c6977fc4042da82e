import { parse, stringify } from 'yaml';
import type { Bed } from '../e2e/bed.ts';
import { patch, read, restart } from './fault.ts';

const label = 'mesh-demo=seen';

type Mesh = Record<string, unknown>;

const configMap = { namespace: 'istio-system', object: 'configmap/istio' };

/** Change istiod's mesh configuration in one cluster, and let istiod start with it. */
export async function changeMeshConfig(
  bed: Bed,
  cluster: string,
  change: (mesh: Mesh) => Mesh,
): Promise<void> {
  const args = ['-n', configMap.namespace, 'get', configMap.object];
  const { data } = await read<{ data: { mesh: string } }>(bed, cluster, args);
  const mesh = stringify(change(parse(data.mesh) as Mesh));
  await patch(bed, cluster, { ...configMap, change: { data: { mesh } } });
  await restart(bed, cluster, 'istio-system deploy/istiod');
}

const namespaces = ['istio-system', 'istio-ingress', 'sample'];

/** Let istiod of one cluster see labelled namespaces only, and label all but one, in one other cluster. */
export async function hideNamespace(
  bed: Bed,
  reader: string,
  hidden: { readonly cluster: string; readonly namespace: string },
): Promise<void> {
  for (const cluster of new Set([reader, hidden.cluster]))
    for (const namespace of namespaces)
      if (cluster !== hidden.cluster || namespace !== hidden.namespace)
        await bed.ok(cluster, ['label', 'namespace', namespace, label, '--overwrite']);
  const [key = '', value = ''] = label.split('=');
  const discoverySelectors = [{ matchLabels: { [key]: value } }];
  await changeMeshConfig(bed, reader, (mesh) => ({ ...mesh, discoverySelectors }));
}

/** Let it see everything again. */
export async function unhide(bed: Bed, reader: string, clusters: readonly string[]): Promise<void> {
  await changeMeshConfig(bed, reader, ({ discoverySelectors: _, ...mesh }) => mesh);
  const [key = ''] = label.split('=');
  for (const cluster of clusters)
    for (const namespace of namespaces) await bed.ok(cluster, ['label', 'namespace', namespace, `${key}-`]);
}
