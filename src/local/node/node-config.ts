import { join } from 'node:path';
import { egressBlock } from '../addresses/addressing.ts';
import { podsCgroup } from '../host/cgroups.ts';
import { pkiPath } from './certificates.ts';
import { kubeconfigPath, serviceKubeconfig } from './kubeconfigs.ts';
import { configPath, containerdSocket } from './node-processes.ts';
import type { NodeSpec } from './node-spec.ts';

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** A configuration file and the services that read it only when they start. */
export interface ConfigFile {
  readonly path: string;
  readonly content: string;
  readonly readBy: readonly string[];
}

/** Every configuration file of a node. */
export function configFiles(plan: NodeSpec, pauseImage: string): ConfigFile[] {
  const file = (name: string, content: string, ...readBy: string[]) => ({
    path: configPath(plan, name),
    content,
    readBy,
  });
  const identities = ['kubelet', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy', 'load-balancer'];
  return [
    file('containerd.toml', containerdConfig(plan, pauseImage), 'containerd'),
    file('cni/10-isthmus.conflist', json(cniConfig(plan))),
    ...(isIPv6(plan) ? [file('cni/20-egress.conflist', json(egressConfig))] : []),
    file('kubelet.yaml', json(kubeletConfig(plan)), 'kubelet'),
    file('kube-proxy.yaml', json(proxyConfig(plan)), 'kube-proxy'),
    file('load-balancer.json', json(loadBalancerConfig(plan)), 'load-balancer'),
    file(
      'resolv.conf',
      plan.machine.nameservers.map((server) => `nameserver ${server}\n`).join(''),
      'kubelet',
    ),
    ...identities.map((name) =>
      file(`${name}.kubeconfig`, serviceKubeconfig(plan.paths, plan.at, name), name),
    ),
  ];
}

/** Sockets and state live under the node's own /run, which ends with it and keeps the paths short. */
function containerdConfig(plan: NodeSpec, pauseImage: string): string {
  const { paths, machine } = plan;
  return `version = 3
root = "${join(paths.dir, 'containerd')}"
state = "/run/containerd"
[grpc]
  address = "${containerdSocket}"
[ttrpc]
  address = "${containerdSocket}.ttrpc"
[plugins."io.containerd.cri.v1.images"]
  snapshotter = "${snapshotter(plan)}"
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "${pauseImage}"
[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = ${!machine.mayLowerOomScore}
[plugins."io.containerd.cri.v1.runtime".containerd]
  default_runtime_name = "runc"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
    BinaryName = "runc"
    Root = "/run/runc"
[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dirs = ["/usr/lib/cni", "/opt/cni/bin"]
  conf_dir = "${configPath(plan, 'cni')}"
  max_conf_num = ${isIPv6(plan) ? 2 : 1}
`;
}

const isIPv6 = ({ spec }: NodeSpec): boolean => spec.ipFamily === 'ipv6';

export const snapshotter = ({ machine }: NodeSpec): string =>
  machine.overlayRunDir ? 'native' : 'overlayfs';

/** No ipMasq: the node's own nftables table decides what leaves under which address. */
const cniConfig = ({ at }: NodeSpec) => ({
  cniVersion: '0.4.0',
  name: 'isthmus',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cni0',
      isGateway: true,
      ipMasq: false,
      hairpinMode: true,
      ipam: {
        type: 'host-local',
        dataDir: '/run/cni',
        ranges: [[{ subnet: String(at.pods) }]],
        routes: [{ dst: at.pods.family === 'ipv6' ? '::/0' : '0.0.0.0/0' }],
      },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
});

/**
 * A second interface of pods in IPv6 clusters, for IPv4 outwards. The kubelet learns the first
 * interface's address only, so the pods count as single-stack.
 */
const egressConfig = {
  cniVersion: '0.4.0',
  name: 'isthmus-egress',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cni1',
      isGateway: true,
      ipMasq: false,
      ipam: {
        type: 'host-local',
        dataDir: '/run/cni',
        ranges: [[{ subnet: String(egressBlock) }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
    },
  ],
};

const kubeletConfig = (plan: NodeSpec) => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  ...(plan.cgroups.version === 'v1' ? { failCgroupV1: false } : {}),
  cgroupDriver: 'cgroupfs',
  // Without it the kubelet names no group to containerd, whose own choice is beside the node's, not within it.
  cgroupsPerQOS: true,
  enforceNodeAllocatable: [],
  cgroupRoot: podsCgroup(plan.paths.id),
  failSwapOn: false,
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: true },
    x509: { clientCAFile: pkiPath(plan.paths, 'ca.crt') },
  },
  authorization: { mode: 'Webhook' },
  tlsCertFile: pkiPath(plan.paths, 'kubelet.crt'),
  tlsPrivateKeyFile: pkiPath(plan.paths, 'kubelet.key'),
  clusterDNS: [String(plan.at.dns)],
  clusterDomain: 'cluster.local',
  containerRuntimeEndpoint: `unix://${containerdSocket}`,
  podLogsDir: join(plan.paths.dir, 'pods'),
  volumePluginDir: join(plan.paths.dir, 'volume-plugins'),
  resolvConf: configPath(plan, 'resolv.conf'),
  // Several nodes share the machine's disk and memory: its pressure is not a node's to act on.
  evictionHard: {
    'memory.available': '0%',
    'nodefs.available': '0%',
    'nodefs.inodesFree': '0%',
    'imagefs.available': '0%',
  },
  imageGCHighThresholdPercent: 100,
  serializeImagePulls: false,
});

const proxyConfig = ({ paths, at }: NodeSpec) => ({
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  mode: 'nftables',
  clusterCIDR: String(at.pods),
  hostnameOverride: paths.cluster,
  clientConnection: { kubeconfig: kubeconfigPath(paths, 'kube-proxy') },
  // The conntrack limits belong to the machine and cannot be set from a network namespace.
  conntrack: { maxPerCore: 0 },
  nodePortAddresses: ['primary'],
});

const loadBalancerConfig = ({ paths, at }: NodeSpec) => ({
  cluster: paths.cluster,
  kubeconfig: kubeconfigPath(paths, 'load-balancer'),
  blocks: at.balancers.map(String),
  unused: at.unused.map(String),
  device: 'eth0',
});
