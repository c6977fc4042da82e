import type { UnseenCluster } from './unseen.ts';

/** The whole of `trust show`'s answer. Fingerprints are SHA-256 in lower-case hexadecimal, dates ISO 8601. */
export interface TrustReport {
  readonly mesh: string;
  /** `spec.trust.fingerprint`. */
  readonly pinned: string | undefined;
  /** Where this machine would take the root from. */
  readonly source: {
    readonly kind: 'isthmus' | 'files';
    readonly fingerprint: string | undefined;
    /** Is the key here? */
    readonly signsHere: boolean;
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
