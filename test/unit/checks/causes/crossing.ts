import type { CrossingService } from '../../../../src/checks/facts/crossing-services.ts';
import type { Pod, Service } from '../../../../src/kubernetes/index.ts';
import type { MeshCluster } from '../../../../src/provider/index.ts';

const clusterNamed = (name: string) => ({ spec: { name, network: `network-${name}` } }) as MeshCluster;

/** Pod and Service shop/cart as a check reads them. */
export const cartPod = (labels: Record<string, string> = { app: 'cart' }): Pod =>
  ({
    metadata: { namespace: 'shop', name: 'cart-1', labels },
    spec: { containers: [{ name: 'cart', ports: [{ name: 'web', containerPort: 8080 }] }] },
  }) as unknown as Pod;

export const cartService = (annotations: Record<string, string> = {}): Service =>
  ({
    metadata: { namespace: 'shop', name: 'cart', annotations },
    spec: { selector: { app: 'cart' }, ports: [{ name: 'http', port: 80, targetPort: 'web' }] },
  }) as unknown as Service;

/** Service shop/cart of cluster a, with copies in the clusters that are named. */
export const crossing = (
  service: Service,
  elsewhere: Readonly<Record<string, Service>> = { b: cartService() },
  { pods = [cartPod()], theirs = [cartPod()] }: { pods?: readonly Pod[]; theirs?: readonly Pod[] } = {},
): CrossingService => ({
  key: 'shop/cart',
  host: 'cart.shop.svc.cluster.local',
  own: { cluster: clusterNamed('a'), service, pods },
  elsewhere: Object.entries(elsewhere).map(([name, copy]) => ({
    cluster: clusterNamed(name),
    service: copy,
    pods: theirs,
  })),
});
