/** One package of a lock file, as npm writes them (lockfileVersion 3). */
interface LockedPackage {
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** npm's lock file; keys of `packages` are folders such as `node_modules/a/node_modules/b`. */
export interface PackageLock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** The lock file of these dependencies alone, at the places and in the versions that a larger one has for them. */
export function lockOf(manifest: Manifest, lock: PackageLock) {
  const places = new Set<string>();
  const waiting = [{ from: '', names: Object.keys(manifest.dependencies) }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    for (const name of next.names) {
      const place = placeOf(name, next.from, lock);
      if (place === undefined || places.has(place)) continue;
      places.add(place);
      waiting.push({ from: place, names: needsOf(lock.packages[place] ?? {}) });
    }
  }
  const { name, version, dependencies } = manifest;
  const packages = Object.fromEntries(
    [...places].sort().map((place) => {
      const { dev: _dev, devOptional: _devOptional, ...locked } = lock.packages[place] ?? {};
      return [place, locked];
    }),
  );
  return {
    name,
    version,
    lockfileVersion: 3,
    requires: true,
    packages: { '': { name, version, dependencies }, ...packages },
  };
}

/** Where Node finds a package from a folder: the nearest `node_modules` above that has it. */
function placeOf(name: string, from: string, lock: PackageLock): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const place = folder ? `${folder}/node_modules/${name}` : `node_modules/${name}`;
    if (lock.packages[place]) return place;
    if (folder === '') return undefined;
  }
}

/** What is installed with a package; of optional ones those that the lock file has. */
function needsOf(locked: LockedPackage): string[] {
  return [locked.dependencies, locked.optionalDependencies, locked.peerDependencies].flatMap((names) =>
    Object.keys(names ?? {}),
  );
}
