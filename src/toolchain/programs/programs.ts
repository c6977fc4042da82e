import { versions } from '../versions.ts';

/** A program that the toolchain holds. */
export interface Program {
  /** File name in the cache's bin folder. */
  readonly name: string;
  readonly version: string;
  /** Go package in toolchain/go.mod, or a folder of it; undefined for what Go does not build. */
  readonly goPackage?: string;
  /** `-X` assignments for the linker. */
  readonly stamps?: readonly string[];
  /** No cluster and no command of isthmus runs it, only people do; so it may come last. */
  readonly forPeople?: boolean;
  /** Seconds of a cold build on two cores; only used to tell how much is left. */
  readonly weight: number;
  /** About how many million bytes it has; only used to see early that a disk is too small. */
  readonly megabytes: number;
}

const [major, minor] = versions.kubernetes.split('.');
const kubernetesStamps = [
  `gitMajor=${major}`,
  `gitMinor=${minor}`,
  `gitVersion=v${versions.kubernetes}`,
  'gitTreeState=clean',
  // The module proxy does not tell the commit; unset it would be a template's placeholder.
  'gitCommit=',
].flatMap((stamp) => [`k8s.io/component-base/version.${stamp}`, `k8s.io/client-go/pkg/version.${stamp}`]);
const istioStamps = [
  `buildVersion=${versions.istio}`,
  `buildTag=${versions.istio}`,
  `buildGitRevision=${versions.istioModule.split('-').at(-1)}`,
  'buildStatus=Clean',
  'buildHub=docker.io/istio',
].map((stamp) => `istio.io/istio/pkg/version.${stamp}`);
const containerdStamps = [`github.com/containerd/containerd/v2/version.Version=v${versions.containerd}`];

type Size = Pick<Program, 'weight' | 'megabytes' | 'forPeople'>;

const kubernetes = (name: string, size: Size): Program => ({
  name,
  version: versions.kubernetes,
  goPackage: `k8s.io/kubernetes/cmd/${name}`,
  stamps: kubernetesStamps,
  ...size,
});
const istio = (name: string, folder: string, size: Size): Program => ({
  name,
  version: versions.istio,
  goPackage: `istio.io/istio/${folder}/cmd/${name}`,
  stamps: istioStamps,
  ...size,
});
const containerd = (name: string, size: Size): Program => ({
  name,
  version: versions.containerd,
  goPackage: `github.com/containerd/containerd/v2/cmd/${name}`,
  stamps: containerdStamps,
  ...size,
});
const plain = (name: string, version: string, more: Size & { goPackage?: string }): Program => ({
  name,
  version,
  ...more,
});

/** In build order: the first compiles most of what the others share. */
export const programs: readonly Program[] = [
  plain('envoy', versions.envoy, { weight: 10, megabytes: 107 }),
  kubernetes('kube-apiserver', { weight: 180, megabytes: 106 }),
  istio('pilot-discovery', 'pilot', { weight: 104, megabytes: 130 }),
  kubernetes('kube-controller-manager', { weight: 53, megabytes: 96 }),
  containerd('containerd', { weight: 25, megabytes: 44 }),
  istio('istioctl', 'istioctl', { weight: 21, megabytes: 106 }),
  kubernetes('kubelet', { weight: 11, megabytes: 85 }),
  plain('coredns', versions.coredns, { goPackage: './coredns', weight: 10, megabytes: 53 }),
  kubernetes('kubectl', { weight: 8, megabytes: 60, forPeople: true }),
  plain('etcd', versions.etcd, { goPackage: 'go.etcd.io/etcd/server/v3', weight: 7, megabytes: 27 }),
  kubernetes('kube-scheduler', { weight: 6, megabytes: 73 }),
  kubernetes('kube-proxy', { weight: 5, megabytes: 72 }),
  istio('pilot-agent', 'pilot', { weight: 5, megabytes: 32 }),
  containerd('ctr', { weight: 2, megabytes: 23 }),
  containerd('containerd-shim-runc-v2', { weight: 2, megabytes: 15 }),
  plain('helloworld', '1.0', { goPackage: './helloworld', weight: 1, megabytes: 6 }),
];
