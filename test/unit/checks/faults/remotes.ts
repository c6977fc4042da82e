import { change, drop, type Fault, overriding, pod, system, unready } from './fault.ts';

export const remotesFaults: readonly Fault[] = [
  {
    id: 'secrets',
    what: 'a remote secret is gone',
    inject: drop(['v1', 'Secret'], system, 'istio-remote-secret-eks-1'),
    cluster: 'eks-2',
    object: /^Secret istio-system\/istio-remote-secret-eks-1$/,
  },
  {
    id: 'remotes',
    what: 'istiod does not know the other cluster',
    inject: overriding('eks-2', ({ command }) =>
      command.at(-1) === '/debug/clusterz' ? { stdout: '[]' } : undefined,
    ),
    cluster: 'eks-2',
    object: /^Pod istio-system\/istiod/,
  },
  {
    id: 'shards',
    what: 'istiod lost endpoints',
    inject: overriding('eks-2', ({ command }) =>
      command.at(-1) === '/debug/endpointShardz' ? { stdout: '{}' } : undefined,
    ),
    cluster: 'eks-2',
    object: /^Pod istio-system\/istiod/,
  },
  {
    id: 'shards',
    what: 'no istiod is ready',
    inject: change(['v1', 'Pod'], [system, pod('istiod')], unready),
    cluster: 'eks-2',
    object: /^$/,
  },
];
