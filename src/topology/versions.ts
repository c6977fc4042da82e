/**
 * The Istio of the pinned toolchain, whose charts istioctl carries and whose images local clusters run. The
 * toolchain room owns the pins but stands above this one; a unit test keeps the two equal.
 */
export const carriedIstio = '1.31.0';

/** Minors whose patches clusters of others can run: the carried one, which a file may name alone, and the one before. */
export const istioMinors = ['1.31', '1.30'] as const;

/** Can a file ask for this version? Whether its charts can be had shows when they are wanted. */
export function isOfferedIstio(version: string): boolean {
  const [minor] = /^\d+\.\d+(?=\.(?:0|[1-9]\d*)$)/.exec(version) ?? [];
  return version === istioMinors[0] || istioMinors.some((one) => one === minor);
}

/** The last days of a Kubernetes minor's support by EKS, as `YYYY-MM-DD`. */
export interface SupportEnds {
  /** Afterwards it costs six times as much, and a cluster without extended support is upgraded. */
  readonly standard: string;
  /** Afterwards EKS upgrades every cluster. */
  readonly extended: string;
}

/**
 * Kubernetes minors that a supported Istio runs on and EKS offers, with the ends of EKS's support where
 * they are known. Source: docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html, its release
 * calendar as of 2026-04; what came out later has no dates here yet.
 */
export const eksSupport: Readonly<Record<string, SupportEnds | undefined>> = {
  '1.32': { standard: '2026-03-23', extended: '2027-03-23' },
  '1.33': { standard: '2026-07-29', extended: '2027-07-29' },
  '1.34': { standard: '2026-12-02', extended: '2027-12-02' },
  '1.35': { standard: '2027-03-27', extended: '2028-03-27' },
  '1.36': undefined,
};

/** Minors that a file may name for clusters of `eks`, oldest first. */
export const supportedKubernetes: readonly string[] = Object.keys(eksSupport);

/** The minor of an EKS cluster where the file names none. */
export const defaultKubernetes = '1.35';
