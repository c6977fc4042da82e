/** What local clusters and the mesh need from this machine, all in the cache. Absolute paths. */
export interface Toolchain {
  /** Folder with etcd, kube-apiserver, …, containerd, kubectl, istioctl, envoy. */
  readonly bin: string;
  /** Archives for `ctr images import`, in the order in which a node needs them. */
  readonly images: readonly string[];
  /** Further names of images that are in the archives, as the mesh's hub names them. */
  readonly aliases: readonly { readonly from: string; readonly to: string }[];
  /** Whether the proxies are Istio's own or have an upstream Envoy. */
  readonly proxy: 'istio' | 'vanilla';
}
