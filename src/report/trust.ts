import type { UnseenCluster } from './unseen.ts';

/** The whole of `trust show`'s answer. Fingerprints are SHA-256 in lower-case hexadecimal, dates ISO 8601. */
export interface TrustReport {
  readonly mesh: string;
  /** `spec.trust.fingerprint`. */
  readonly pinned: string | undefined;
  /** Where the mesh file has the root. */
  readonly source: {
    readonly kind: 'isthmus' | 'files' | 'kms' | 'privateCa';
    /** The key's place in one phrase. */
    readonly place: string;
    readonly fingerprint: string | undefined;
    /** Can this machine and identity sign with it? */
    readonly signsHere: boolean;
    /** Why it cannot, or what is still to come. */
    readonly fault?: string | undefined;
  };
  readonly clusters: readonly {
    readonly cluster: string;
    /** `none`: it is there and has no `cacerts`. */
    readonly state: 'present' | 'none' | 'absent' | 'unseen';
    readonly unseen?: UnseenCluster | undefined;
    readonly root?:
      | { readonly subject: string; readonly fingerprint: string; readonly notAfter: string }
      | undefined;
    readonly authority?:
      | { readonly madeBy: string; readonly notAfter: string; readonly renewAfter: string }
      | undefined;
  }[];
}
