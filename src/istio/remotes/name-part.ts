import { createHash } from 'node:crypto';

/**
 * A cluster's name as a part of an object's name. Names that exist may have upper case and underscores, which
 * no object's name has: those are told apart by a hash, as two of them may look alike without.
 */
export function namePart(cluster: string): string {
  if (/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(cluster)) return cluster;
  const plain = cluster.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return `${plain}-${createHash('sha256').update(cluster).digest('hex').slice(0, 8)}`;
}
