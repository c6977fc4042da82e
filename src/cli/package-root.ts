import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this program's package.json and what that file says; found upwards, as source and bundle lie at different depths. */
export function packageRoot(): { readonly folder: string; readonly version: string } | undefined {
  for (
    let folder = dirname(fileURLToPath(import.meta.url));
    folder !== dirname(folder);
    folder = dirname(folder)
  ) {
    try {
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        name?: string;
        version?: string;
      };
      if (manifest.name === 'isthmus' && manifest.version) return { folder, version: manifest.version };
    } catch {
      // Not in this folder; the next one up may have it.
    }
  }
  return undefined;
}

/** Absolute path of the launcher that starts this very program, for files that outlive the process. */
export function launcherPath(): string | undefined {
  const root = packageRoot();
  return root && join(root.folder, 'isthmus');
}
