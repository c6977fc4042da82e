import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../files/index.ts';
import { readJson, writeIfChanged } from './files.ts';
import { hostTables, nft } from './kernel.ts';

interface Setting {
  readonly name: string;
  readonly file: string;
  /** What it must at least be. */
  readonly least: number;
  /** A machine that does not let it be changed, such as a container's, can still hold a few clusters. */
  readonly optional?: boolean;
}

/** A cluster takes 17 of root's inotify instances, of which most kernels allow 128. */
const settings: readonly Setting[] = [
  { name: 'ipForward', file: '/proc/sys/net/ipv4/ip_forward', least: 1 },
  {
    name: 'inotifyInstances',
    file: '/proc/sys/fs/inotify/max_user_instances',
    least: 4096,
    optional: true,
  },
];

/** Forwarding that isthmus turned on makes the machine no router between its other networks. */
const forwardTableName = 'isthmus_forward';

/** What settings were before the first mesh, by name. */
type Former = Readonly<Record<string, string>>;

const recordIn = (root: string) => join(root, 'host.json');

/**
 * Raise what is too low on this machine, and keep what it was. A machine that forwarded nothing before
 * forwards for meshes alone from the first moment. Call it under the host's lock.
 */
export async function ensureHostSettings(root: string, signal: AbortSignal): Promise<void> {
  for (const { name, file, least, optional } of settings) {
    const now = (await readFile(file, 'utf8')).trim();
    const former = await readJson<Former>(recordIn(root));
    if (Number(now) < least)
      await writeIfChanged(recordIn(root), `${JSON.stringify({ [name]: now, ...former })}\n`);
    if (name === 'ipForward' && (Number(now) < least || former?.[name] !== undefined))
      await nft(forwardTable, { signal });
    if (Number(now) >= least) continue;
    await writeFile(file, String(least)).catch((error: unknown) => {
      if (!optional || !hasCode(error, 'EROFS', 'EACCES', 'EPERM')) throw error;
    });
  }
}

/** All bridges of local meshes, whatever their run directory, are named `im…`. */
const forwardTable = `
table inet ${forwardTableName}
delete table inet ${forwardTableName}
table inet ${forwardTableName} {
  chain forward {
    type filter hook forward priority filter - 10; policy drop;
    iifname "im*" accept
    oifname "im*" accept
  }
}
`;

/** No mesh is left: every setting becomes what it was. */
export async function restoreHostSettings(root: string, signal: AbortSignal): Promise<void> {
  const former = (await readJson<Former>(recordIn(root))) ?? {};
  for (const { name, file, least } of settings) {
    const before = former[name];
    const now = (await readFile(file, 'utf8')).trim();
    if (before !== undefined && now === String(least)) await writeFile(file, before);
  }
  if (
    former['ipForward'] !== undefined &&
    (await hostTables({ signal })).includes(`inet ${forwardTableName}`)
  )
    await nft(`delete table inet ${forwardTableName}\n`, { signal });
  await rm(recordIn(root), { force: true });
}
