/** Regions whose first three zones, as an account sees them, are not a, b and c. */
const unusual: Readonly<Record<string, readonly string[]>> = {
  'ap-northeast-1': ['a', 'c', 'd'],
  'ca-central-1': ['a', 'b', 'd'],
};

/** Regions in which every account sees two zones of different letters, so that they must be stated. */
export const unpredictableRegions: readonly string[] = ['us-west-1'];

/** Three zones of a region, by name. */
export const defaultZones = (region: string): string[] =>
  (unusual[region] ?? ['a', 'b', 'c']).map((letter) => `${region}${letter}`);
