import { constants } from 'node:fs';
import { access, mkdir, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { IsthmusError } from '../../errors/index.ts';
import { hostPrograms, missingHostPackages } from '../../toolchain/index.ts';
import { cgroupLayout } from './cgroups.ts';
import { exists } from './files.ts';
import { runRoot } from './paths.ts';

/** What a local cluster needs of Debian; each program with its package. */
const programs: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  nft: 'nftables',
  runc: 'runc',
  runsvdir: 'runit',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  flock: 'util-linux',
};
const cniPlugin = 'containernetworking-plugins';

/** Debian packages that a local cluster needs besides the toolchain; none of them starts a service. */
export const debianPackages = {
  names: [
    ...new Set([
      ...Object.values(programs),
      cniPlugin,
      ...Object.values(hostPrograms).map((one) => one.package),
    ]),
  ].sort() as readonly string[],
  /** TOOL_MISSING, naming the packages to install; empty when nothing is missing. */
  missing: (): Promise<IsthmusError[]> => missingPrograms(),
};

const spaceNeeded = 2n * 1024n ** 3n;

/** What this machine lacks for local clusters, some of which may be IPv6. Touches nothing. */
export async function missingLocalRequirements(ipv6: boolean): Promise<IsthmusError[]> {
  if (process.platform !== 'linux') return [unsupported(`${process.platform} has no network namespaces`)];
  const found = await Promise.all([rootRights(), missingPrograms(), kernel(ipv6), space()]);
  return found.flat();
}

const unsupported = (message: string) =>
  new IsthmusError('KERNEL_UNSUPPORTED', message, { hint: 'run it on Linux 5.10 or newer, as root' });

async function rootRights(): Promise<IsthmusError[]> {
  if (process.getuid?.() === 0) return [];
  return [
    new IsthmusError('ROOT_REQUIRED', `user ${process.getuid?.()} may not make network namespaces`, {
      hint: 'run the command with sudo',
    }),
  ];
}

async function missingPrograms(): Promise<IsthmusError[]> {
  const entries = await Promise.all(
    Object.entries(programs).map(async ([name, from]) => ((await onPath(name)) ? undefined : { name, from })),
  );
  const missing = entries.filter((entry) => entry !== undefined);
  if (!(await someExists(['/usr/lib/cni/bridge', '/opt/cni/bin/bridge'])))
    missing.push({ name: 'CNI plugin bridge', from: cniPlugin });
  missing.push(...missingHostPackages().map((name) => ({ name, from: name })));
  if (missing.length === 0) return [];
  const packages = [...new Set(missing.map(({ from }) => from))].sort();
  return [
    new IsthmusError('TOOL_MISSING', `not installed: ${missing.map(({ name }) => name).join(', ')}`, {
      hint: `apt-get install -y --no-install-recommends ${packages.join(' ')}`,
      packages,
    }),
  ];
}

const systemPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

const onPath = (name: string) => someExists(systemPath.map((folder) => `${folder}/${name}`));

async function someExists(paths: readonly string[]): Promise<boolean> {
  const found = await Promise.all(
    paths.map((path) =>
      access(path, constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}

async function kernel(ipv6: boolean): Promise<IsthmusError[]> {
  try {
    await cgroupLayout();
  } catch (error) {
    if (error instanceof IsthmusError) return [error];
    throw error;
  }
  const needed = { net: 'network', pid: 'PID', mnt: 'mount' };
  if (ipv6 && !(await exists('/proc/sys/net/ipv6')))
    return [
      new IsthmusError('KERNEL_UNSUPPORTED', 'the kernel has no IPv6', {
        hint: 'start it without ipv6.disable=1, or set ipFamily: ipv4 for every cluster',
      }),
    ];
  const checks = await Promise.all(
    Object.entries(needed).map(async ([file, title]) =>
      (await exists(`/proc/self/ns/${file}`)) ? [] : [unsupported(`the kernel has no ${title} namespaces`)],
    ),
  );
  return checks.flat();
}

async function space(): Promise<IsthmusError[]> {
  const root = await nearestFolder(runRoot());
  const { bavail, bsize } = await statfs(root, { bigint: true });
  if (bavail * bsize >= spaceNeeded) return [];
  const megabytes = (bavail * bsize) / 1024n ** 2n;
  return [
    new IsthmusError('DISK_FULL', `${root} has ${megabytes} MB left, a local mesh needs 2 GB`, {
      hint: 'free some space there, or set ISTHMUS_RUN_DIR to a folder on another disk',
    }),
  ];
}

async function nearestFolder(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) if (await exists(folder)) return folder;
}

const overlayMagic = 0x794c7630;

/** Is this folder, made if missing, on an overlay file system? */
export async function isOverlay(folder: string): Promise<boolean> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return (await statfs(folder)).type === overlayMagic;
}
