/**
 * Istio minors that the pinned toolchain and charts belong to. The toolchain room owns the pins but
 * stands above this one; a unit test keeps the two equal.
 */
export const supportedIstio: readonly string[] = ['1.31'];

/** Kubernetes minors that a supported Istio runs on and EKS offers. */
export const supportedKubernetes: readonly string[] = ['1.32', '1.33', '1.34', '1.35', '1.36'];

export const defaultKubernetes = '1.35';
