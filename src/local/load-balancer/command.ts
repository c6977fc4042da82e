import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { IsthmusError } from '../../errors/index.ts';

/** How to start the controller: the built file, or the source through tsx when running from source. */
export function controllerCommand(): string[] {
  const here = fileURLToPath(import.meta.url);
  const memory = ['--max-semi-space-size=1', '--max-old-space-size=64'];
  if (here.endsWith('.ts')) {
    const entry = join(dirname(here), '..', 'load-balancer-main.ts');
    const tsx = fileURLToPath(import.meta.resolve('tsx'));
    return [process.execPath, ...memory, '--import', tsx, entry];
  }
  return [process.execPath, ...memory, builtEntry(here)];
}

/** Chunks and entries lie at different depths of dist/. */
function builtEntry(from: string): string {
  for (let folder = dirname(from); folder !== dirname(folder); folder = dirname(folder)) {
    const entry = join(folder, 'local', 'load-balancer-main.js');
    if (existsSync(entry)) return entry;
  }
  throw new IsthmusError('BUG', 'local/load-balancer-main.js is not part of this installation');
}
