import type { EksClusterSpec } from '../../topology/index.ts';

/** Regions where the letters a, b, c are not the ones that every account may use. */
const letters: Readonly<Record<string, readonly string[]>> = {
  'ap-northeast-1': ['a', 'c', 'd'],
  'ca-central-1': ['a', 'b', 'd'],
  'us-west-1': ['a', 'c'],
};

/** Zones of a cluster: those of the file, else three of its region. Names, such as `eu-west-1a`. */
export function zonesOf(cluster: EksClusterSpec): readonly string[] {
  if (cluster.zones.length > 0) return cluster.zones;
  return (letters[cluster.region] ?? ['a', 'b', 'c']).map((letter) => `${cluster.region}${letter}`);
}
