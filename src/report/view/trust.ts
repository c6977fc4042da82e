/** A certificate as a person compares it; dates ISO 8601. */
export interface CertificateRow {
  readonly subject: string;
  readonly fingerprint: string;
  readonly notBefore: string;
  readonly notAfter: string;
}

/** The certificate that one proxy has loaded. */
export interface LeafRow {
  /** `namespace/name` of the pod. */
  readonly pod: string;
  readonly identity: string;
  readonly notAfter: string;
  /** Of the root at the end of its chain; undefined if it reaches none that is trusted. */
  readonly root: string | undefined;
  /** SHA-256 of the roots that the proxy trusts. */
  readonly trusts: readonly string[];
}

/** Who signs in a cluster, and what its proxies hold. */
export interface TrustView {
  readonly cluster: string;
  /** `cacerts`, `istio-ca-secret`, … */
  readonly source: string;
  readonly roots: readonly CertificateRow[];
  readonly intermediate?: CertificateRow | undefined;
  /** SHA-256 of the root that the intermediate descends from. */
  readonly signer?: string | undefined;
  readonly leaves: readonly LeafRow[];
  /** Proxies that run; of very many not all were asked. */
  readonly proxies: number;
}
