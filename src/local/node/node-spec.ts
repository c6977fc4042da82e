import { readFileSync } from 'node:fs';
import type { Toolchain } from '../../toolchain/index.ts';
import type { LocalClusterSpec } from '../../topology/index.ts';
import type { NodeAddressing } from '../addresses/addressing.ts';
import type { CgroupLayout } from '../host/cgroups.ts';
import type { NodePaths } from '../host/paths.ts';

/** All that the files and processes of one node follow from. */
export interface NodeSpec {
  readonly paths: NodePaths;
  readonly spec: LocalClusterSpec;
  readonly at: NodeAddressing;
  readonly toolchain: Toolchain;
  readonly cgroups: CgroupLayout;
  readonly machine: Machine;
  readonly extraApiServerArgs: readonly string[];
}

/** What this machine can and has, as far as a node's configuration depends on it. */
export interface Machine {
  /** Resolvers that a pod can reach; the loopback ones of the host are not. */
  readonly nameservers: readonly string[];
  /** May a process lower its oom_score_adj? Needs CAP_SYS_RESOURCE. */
  readonly mayLowerOomScore: boolean;
  /** The run directory's file system is an overlay itself, on which no overlay can be mounted. */
  readonly overlayRunDir: boolean;
}

const capSysResource = 24n;

export function readMachine(overlayRunDir: boolean): Machine {
  const status = readFileSync('/proc/self/status', 'utf8');
  const effective = BigInt(`0x${/^CapEff:\s*(\S+)/m.exec(status)?.[1] ?? '0'}`);
  return {
    nameservers: reachableNameservers(readFileSync('/etc/resolv.conf', 'utf8')),
    mayLowerOomScore: ((effective >> capSysResource) & 1n) === 1n,
    overlayRunDir,
  };
}

export function reachableNameservers(resolvConf: string): string[] {
  const servers = [...resolvConf.matchAll(/^nameserver\s+(\S+)/gm)].map((match) => match[1] ?? '');
  return servers.filter((server) => !server.startsWith('127.') && server !== '::1');
}
