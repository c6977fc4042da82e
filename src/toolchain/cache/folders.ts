import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { IsthmusError } from '../../errors/index.ts';
import { programs } from '../programs/programs.ts';
import { versions } from '../versions.ts';

/** `$XDG_CACHE_HOME/isthmus`, outside any checkout. */
export function cacheRoot(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'isthmus');
}

/** The folder of this package, found upwards, as source and bundle lie at different depths. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (folder !== dirname(folder)) {
    if (existsSync(join(folder, 'toolchain', 'go.mod'))) return folder;
    folder = dirname(folder);
  }
  throw new IsthmusError('BUG', 'toolchain/go.mod is not part of this installation');
}

/** The folder with go.mod and the small programs of our own. */
export function goFolder(): string {
  return join(packageRoot(), 'toolchain');
}

const goInputs = ['go.mod', 'go.sum', 'coredns/main.go', 'helloworld/main.go'];

let known: string | undefined;

/** Folder of this version's programs: another version, module file, build or platform has another one. */
export function toolchainFolder(): string {
  known ??= toolchainKey();
  return join(cacheRoot(), 'toolchain', known);
}

function toolchainKey(): string {
  const builds = programs.map(({ name, goPackage, stamps }) => [name, goPackage, stamps]);
  return createHash('sha256')
    .update(JSON.stringify([versions, builds, process.platform, process.arch]))
    .update(goInputs.map((file) => readFileSync(join(goFolder(), file), 'utf8')).join('\0'))
    .digest('hex')
    .slice(0, 16);
}
