import { existsSync } from 'node:fs';
import { IsthmusError } from '../../errors/index.ts';
import { run } from '../../process/index.ts';

/** Programs that Debian packages better than we could, with their package. */
export const hostPrograms = {
  busybox: { package: 'busybox-static', paths: ['/bin/busybox', '/usr/bin/busybox'] },
  curl: { package: 'curl', paths: ['/usr/bin/curl'] },
  iptables: { package: 'iptables', paths: ['/usr/sbin/xtables-nft-multi'] },
  certificates: { package: 'ca-certificates', paths: ['/etc/ssl/certs/ca-certificates.crt'] },
} as const;

export type HostProgram = keyof typeof hostPrograms;

/** Path of a host program; TOOL_MISSING, with the packages of all that are missing, if it is not there. */
export function hostProgram(name: HostProgram): string {
  const found = hostPrograms[name].paths.find((path) => existsSync(path));
  if (found) return found;
  const packages = missingHostPackages();
  throw new IsthmusError('TOOL_MISSING', `${name} is not installed`, {
    hint: `apt-get install --no-install-recommends ${packages.join(' ')}`,
    packages,
  });
}

/** Debian packages of the host programs that are not there. */
export function missingHostPackages(): string[] {
  return Object.values(hostPrograms)
    .filter(({ paths }) => !paths.some((path) => existsSync(path)))
    .map((program) => program.package);
}

/** Absolute paths of the shared libraries that a program loads, its loader included. */
export async function librariesOf(program: string): Promise<string[]> {
  const { stdout, stderr, exitCode } = await run('ldd', [program], { allowFailure: true });
  if (exitCode !== 0 && !/not a dynamic executable|statically linked/.test(stdout + stderr))
    throw new IsthmusError('PROCESS_FAILED', `ldd ${program} failed: ${stderr.trim()}`);
  return [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path]) => path ?? '').filter(Boolean);
}
