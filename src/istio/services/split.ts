import type { SplitSpec } from '../../topology/index.ts';
import { CLUSTER_LABEL } from './failover.ts';

/** Every cluster or version that the file names, as a subset: also one without a share can be matched. */
export function splitSubsets({ by, weights }: SplitSpec): object[] {
  const label = by === 'cluster' ? CLUSTER_LABEL : 'version';
  return Object.keys(weights)
    .sort()
    .map((name) => ({ name, labels: { [label]: name } }));
}

/** Routes of a host that is split: what is matched first, then the shares. */
export function splitRoutes(host: string, { weights, match }: SplitSpec): object[] {
  const matched = match.map(({ headers, to }) => ({
    match: [{ headers }],
    route: [{ destination: { host, subset: to } }],
  }));
  return [...matched, { route: shares(host, weights) }];
}

/** Ports that do not speak HTTP have no headers, but their connections are shared out alike. */
export const splitConnections = (host: string, { weights }: SplitSpec): object[] => [
  { route: shares(host, weights) },
];

const shares = (host: string, weights: SplitSpec['weights']): object[] =>
  Object.entries(weights)
    .filter(([, weight]) => weight > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([subset, weight]) => ({ destination: { host, subset }, weight }));
