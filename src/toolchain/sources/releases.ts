import { versions } from '../versions.ts';

/** Where an official release of a program is, relative to its publisher's base address. */
export interface Release {
  readonly publisher: Publisher;
  /** Path below the publisher's base address. */
  readonly path: string;
  /** Member of the archive, for a release that is a `.tar.gz`; the file itself otherwise. */
  readonly member?: string;
  /** Pinned SHA-256 of the downloaded file, by platform; without one its publisher's own counts. */
  readonly sha256: Readonly<Record<string, string>>;
}

export type Publisher = 'kubernetes' | 'github';

/** Base addresses; each can be replaced by a mirror that serves the same layout. */
export const publishers: Readonly<Record<Publisher, { readonly base: string; readonly mirror: string }>> = {
  kubernetes: { base: 'https://dl.k8s.io', mirror: 'ISTHMUS_KUBERNETES_MIRROR' },
  github: { base: 'https://github.com', mirror: 'ISTHMUS_GITHUB_MIRROR' },
};

/** Node's names of architectures as the publishers write them. */
export const releaseArch: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Checksums as `npm run pin-releases` writes them, by program and platform. */
export type Pins = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Every program with an official release for a platform (by default this one), with what is pinned of it. */
export function releaseTable(pins: Pins, platform: string = process.arch): Readonly<Record<string, Release>> {
  const arch = releaseArch[platform] ?? platform;
  const paths: Record<string, Omit<Release, 'sha256'>> = {};
  for (const name of [
    'kube-apiserver',
    'kube-controller-manager',
    'kube-scheduler',
    'kube-proxy',
    'kubelet',
    'kubectl',
  ])
    paths[name] = {
      publisher: 'kubernetes',
      path: `release/v${versions.kubernetes}/bin/linux/${arch}/${name}`,
    };
  const etcd = `etcd-v${versions.etcd}-linux-${arch}`;
  paths['etcd'] = {
    publisher: 'github',
    path: `etcd-io/etcd/releases/download/v${versions.etcd}/${etcd}.tar.gz`,
    member: `${etcd}/etcd`,
  };
  const containerd = `containerd/containerd/releases/download/v${versions.containerd}/containerd-static-${versions.containerd}-linux-${arch}.tar.gz`;
  for (const name of ['containerd', 'ctr', 'containerd-shim-runc-v2'])
    paths[name] = { publisher: 'github', path: containerd, member: `bin/${name}` };
  paths['coredns'] = {
    publisher: 'github',
    path: `coredns/coredns/releases/download/v${versions.coredns}/coredns_${versions.coredns}_linux_${arch}.tgz`,
    member: 'coredns',
  };
  paths['istioctl'] = {
    publisher: 'github',
    path: `istio/istio/releases/download/${versions.istio}/istioctl-${versions.istio}-linux-${arch}.tar.gz`,
    member: 'istioctl',
  };
  return Object.fromEntries(
    Object.entries(paths).map(([name, release]) => [name, { ...release, sha256: pins[name] ?? {} }]),
  );
}
