import { versions } from './versions.ts';

/** A program that the toolchain holds. */
export interface Program {
  /** File name in the cache's bin folder. */
  readonly name: string;
  readonly version: string;
  /** Go package in toolchain/go.mod, or a folder of it; undefined for what Go does not build. */
  readonly goPackage?: string;
  /** `-X` assignments for the linker. */
  readonly stamps?: readonly string[];
  /** Seconds of a cold build on two cores; only used to tell how much is left. */
  readonly weight: number;
}

const [, minor] = versions.kubernetes.split('.');
const kubernetesStamps = [
  'gitMajor=1',
  `gitMinor=${minor}`,
  `gitVersion=v${versions.kubernetes}`,
  'gitTreeState=clean',
].flatMap((stamp) => [`k8s.io/component-base/version.${stamp}`, `k8s.io/client-go/pkg/version.${stamp}`]);
const istioStamps = ['buildVersion', 'buildTag'].map(
  (name) => `istio.io/istio/pkg/version.${name}=${versions.istio}`,
);
const containerdStamps = [`github.com/containerd/containerd/v2/version.Version=v${versions.containerd}`];

const kubernetes = (name: string, weight: number): Program => ({
  name,
  version: versions.kubernetes,
  goPackage: `k8s.io/kubernetes/cmd/${name}`,
  stamps: kubernetesStamps,
  weight,
});
const istio = (name: string, folder: string, weight: number): Program => ({
  name,
  version: versions.istio,
  goPackage: `istio.io/istio/${folder}/cmd/${name}`,
  stamps: istioStamps,
  weight,
});
const containerd = (name: string, weight: number): Program => ({
  name,
  version: versions.containerd,
  goPackage: `github.com/containerd/containerd/v2/cmd/${name}`,
  stamps: containerdStamps,
  weight,
});

/** In build order: the first compiles most of what the others share. */
export const programs: readonly Program[] = [
  { name: 'envoy', version: versions.envoy, weight: 10 },
  kubernetes('kube-apiserver', 180),
  istio('pilot-discovery', 'pilot', 104),
  kubernetes('kube-controller-manager', 53),
  containerd('containerd', 25),
  istio('istioctl', 'istioctl', 21),
  kubernetes('kubelet', 11),
  { name: 'coredns', version: versions.coredns, goPackage: './coredns', weight: 10 },
  kubernetes('kubectl', 8),
  { name: 'etcd', version: versions.etcd, goPackage: 'go.etcd.io/etcd/server/v3', weight: 7 },
  kubernetes('kube-scheduler', 6),
  kubernetes('kube-proxy', 5),
  istio('pilot-agent', 'pilot', 5),
  containerd('ctr', 2),
  containerd('containerd-shim-runc-v2', 2),
  { name: 'helloworld', version: '1.0', goPackage: './helloworld', weight: 1 },
];
