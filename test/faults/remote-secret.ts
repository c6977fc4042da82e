import type { Bed } from '../e2e/bed.ts';
import { applyTo, type Pairing, read } from './fault.ts';

const system = 'istio-system';

interface RemoteSecret {
  readonly metadata: { readonly labels?: Record<string, string> };
  readonly data: Readonly<Record<string, string>>;
}

export const nameOf = ({ there }: Pairing): string => `istio-remote-secret-${there}`;

/** The first cluster's remote secret about the second. */
export const readSecret = (bed: Bed, mesh: Pairing): Promise<RemoteSecret> =>
  read(bed, mesh.here, ['-n', system, 'get', 'secret', nameOf(mesh)]);

/** One as istioctl makes it, of nobody's inventory. */
export const applySecret = (
  bed: Bed,
  { here }: Pairing,
  { namespace = system, name, data }: { namespace?: string; name: string; data: Record<string, string> },
): Promise<void> =>
  applyTo(bed, here, {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: { namespace, name, labels: { 'istio/multiCluster': 'true' } },
    data,
  });

/** By `namespace/name`. */
export const dropSecret = async (bed: Bed, { here }: Pairing, which: string): Promise<void> => {
  const [namespace = '', name = ''] = which.split('/');
  await bed.ok(here, ['-n', namespace, 'delete', 'secret', name, '--ignore-not-found']);
};

/** What follows where one cluster's istiod reads another no more. */
export const unread = [
  { check: 'remotes', why: 'istiod watches the other cluster no more' },
  { check: 'shards', why: 'so it has none of its endpoints' },
  { check: 'sync', why: 'and its proxies neither' },
  { check: 'traffic', why: 'and only the local cluster answers' },
];
