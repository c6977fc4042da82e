interface Placed {
  readonly provider: 'local' | 'eks' | 'existing';
  readonly name: string;
  readonly region?: string | undefined;
}

/**
 * The label `topology.kubernetes.io/region` of a cluster's nodes: AWS' region, a local cluster's own
 * name, and for a cluster that somebody else made what the file says; undefined if it says nothing.
 */
export const regionOf = ({ provider, name, region }: Placed): string | undefined =>
  provider === 'local' ? name : region;
