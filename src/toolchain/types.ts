/** What local clusters and the mesh need from this machine, all in the cache. Absolute paths. */
export interface Toolchain {
  /** Folder with etcd, kube-apiserver, …, containerd, kubectl, istioctl, envoy. */
  readonly bin: string;
  /** Docker-format image archives for `ctr images import`, one per image. */
  readonly images: readonly string[];
}
