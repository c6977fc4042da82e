import { join } from 'node:path';
import { controllerCommand } from '../load-balancer/command.ts';
import { pkiPath } from './certificates.ts';
import { apiPort, kubeconfigPath } from './kubeconfigs.ts';
import type { NodeSpec } from './node-spec.ts';

/** One supervised process of a node. */
export interface Service {
  readonly name: string;
  /** Started only when these answer; spares two busy cores the failing first attempts, and the pauses after them. */
  readonly after?: readonly ('etcd' | 'containerd' | 'api')[] | undefined;
  readonly command: readonly string[];
}

export const containerdSocket = '/run/containerd.sock';
export const etcdSocket = '/run/etcd.sock';

const flags = (values: Readonly<Record<string, string>>): string[] =>
  Object.entries(values).map(([name, value]) => `--${name}=${value}`);

/**
 * For programs whose timers wake them hundreds of times a second and that have little to do then: where it may
 * run more than one thread, Go wakes another each time to look for work. No other process of a node depends on
 * how fast they are.
 */
const oneThread = ['env', 'GOMAXPROCS=1'];

/** The processes of a node; a name is its log's name as well. */
export function nodeServices(plan: NodeSpec): Service[] {
  return [
    etcd(plan),
    apiServer(plan),
    { name: 'containerd', command: ['containerd', '--config', configPath(plan, 'containerd.toml')] },
    controllerManager(plan),
    scheduler(plan),
    {
      name: 'kube-proxy',
      after: ['api'],
      command: ['kube-proxy', `--config=${configPath(plan, 'kube-proxy.yaml')}`],
    },
    kubelet(plan),
    {
      name: 'load-balancer',
      after: ['api'],
      command: [...controllerCommand(), configPath(plan, 'load-balancer.json')],
    },
  ];
}

export const configPath = ({ paths }: NodeSpec, file: string): string => join(paths.dir, 'config', file);

/**
 * Without fsync: a killed process loses nothing, only a power cut may.
 *
 * On sockets of the node's own /run: pods on the host's network share the loopback address, not the node's
 * mounts, and nothing is spent on TLS between two programs of one node.
 */
function etcd({ paths }: NodeSpec): Service {
  // A member must listen for peers, though there are none, at an address with a port, which etcd then takes
  // for the name of a file. Of any other it would make an abstract socket, which pods could reach.
  const peers = 'unix://localhost:2380';
  const options = flags({
    name: paths.cluster,
    'data-dir': join(paths.dir, 'etcd'),
    'listen-client-urls': `unix://${etcdSocket}`,
    'advertise-client-urls': 'unix://localhost:2379',
    'listen-peer-urls': peers,
    'initial-advertise-peer-urls': peers,
    'initial-cluster': `${paths.cluster}=${peers}`,
    'unsafe-no-fsync': 'true',
    'log-level': 'warn',
  });
  return { name: 'etcd', command: ['env', '--chdir=/run', ...oneThread, 'etcd', ...options] };
}

/**
 * Of an API server with few users: without what shares it out among many (priority and fairness) and without copies
 * of all objects for their watches, for which it would only pay, most of all while it is idle.
 */
export const fewUsers = {
  'enable-priority-and-fairness': 'false',
  'watch-cache': 'false',
  'etcd-count-metric-poll-period': '0',
} as const;

function apiServer({ paths, at, extraApiServerArgs }: NodeSpec): Service {
  const options = flags({
    'etcd-servers': `unix://${etcdSocket}`,
    'advertise-address': String(at.node),
    'secure-port': String(apiPort),
    'tls-cert-file': pkiPath(paths, 'apiserver.crt'),
    'tls-private-key-file': pkiPath(paths, 'apiserver.key'),
    'client-ca-file': pkiPath(paths, 'ca.crt'),
    'kubelet-client-certificate': pkiPath(paths, 'apiserver-kubelet.crt'),
    'kubelet-client-key': pkiPath(paths, 'apiserver-kubelet.key'),
    'kubelet-certificate-authority': pkiPath(paths, 'ca.crt'),
    // Otherwise exec and logs look the node's name up in a DNS that knows no nodes.
    'kubelet-preferred-address-types': 'InternalIP',
    'service-account-issuer': 'https://kubernetes.default.svc.cluster.local',
    'service-account-key-file': pkiPath(paths, 'sa.pub'),
    'service-account-signing-key-file': pkiPath(paths, 'sa.key'),
    'service-cluster-ip-range': String(at.services),
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': 'NodeRestriction',
    'allow-privileged': 'true',
    ...fewUsers,
    profiling: 'false',
  });
  const command = ['kube-apiserver', ...options, ...extraApiServerArgs];
  return { name: 'kube-apiserver', after: ['etcd'], command };
}

function controllerManager({ paths }: NodeSpec): Service {
  const options = flags({
    kubeconfig: kubeconfigPath(paths, 'kube-controller-manager'),
    // Nobody asks them anything, and for it each would first make a key of its own.
    'secure-port': '0',
    'service-account-private-key-file': pkiPath(paths, 'sa.key'),
    'root-ca-file': pkiPath(paths, 'ca.crt'),
    'cluster-signing-cert-file': pkiPath(paths, 'ca.crt'),
    'cluster-signing-key-file': pkiPath(paths, 'ca.key'),
    'use-service-account-credentials': 'true',
    // Every controller asks for an account and a token first; at 20 requests a second that takes four seconds.
    'kube-api-qps': '300',
    'kube-api-burst': '400',
    'leader-elect': 'false',
    profiling: 'false',
  });
  return {
    name: 'kube-controller-manager',
    after: ['api'],
    command: [...oneThread, 'kube-controller-manager', ...options],
  };
}

function scheduler({ paths }: NodeSpec): Service {
  const options = flags({
    kubeconfig: kubeconfigPath(paths, 'kube-scheduler'),
    'secure-port': '0',
    'leader-elect': 'false',
    profiling: 'false',
  });
  return {
    name: 'kube-scheduler',
    after: ['api'],
    command: [...oneThread, 'kube-scheduler', ...options],
  };
}

function kubelet(plan: NodeSpec): Service {
  const { paths, at } = plan;
  const zone = `${paths.cluster}`.slice(0, 61);
  const options = flags({
    config: configPath(plan, 'kubelet.yaml'),
    kubeconfig: kubeconfigPath(paths, 'kubelet'),
    'root-dir': join(paths.dir, 'kubelet'),
    'cert-dir': join(paths.dir, 'pki'),
    'hostname-override': paths.cluster,
    'node-ip': String(at.node),
    // A region of its own, so that clusters can be ranked by theirs as those of a cloud are.
    'node-labels': `topology.kubernetes.io/region=${zone},topology.kubernetes.io/zone=${zone}-a`,
  });
  return {
    name: 'kubelet',
    after: ['containerd', 'api'],
    command: [...oneThread, 'kubelet', ...options],
  };
}
