import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import type { Lease, LeaseClaim } from '../../kubernetes/index.ts';
import type { MeshWork } from '../../report/index.ts';

/** Seconds after which nothing heard of a worker means that he is gone; he tells of himself three times in them. */
export const durationSeconds = 30;
/** Beyond it no clock is so wrong that he might still be there; milliseconds. */
const longGoneMs = 600_000;

const annotation = 'isthmus.io/work';

/** One run of isthmus that changes a mesh. */
export interface Worker {
  /** `user@host`. */
  readonly who: string;
  readonly pid: number;
  /** `up eks-2`. */
  readonly command: string;
  readonly since: string;
  /** Tells this run from every other one. */
  readonly run: string;
  /** Tells the kernel and the process namespace that the pid is of; undefined where that cannot be told. */
  readonly machine?: string | undefined;
  /** When the process began, in the kernel's own count, as a pid is used again. */
  readonly began?: string | undefined;
}

/** This process, about to do a command. */
export function thisWorker(command: string): Worker {
  return {
    who: `${userInfo().username}@${hostname()}`,
    pid: process.pid,
    command,
    since: new Date().toISOString(),
    run: randomBytes(6).toString('hex'),
    machine: machineId(),
    began: beganAt(process.pid),
  };
}

export const claimOf = (worker: Worker): LeaseClaim => ({
  holder: `${worker.who} ${worker.run}`,
  annotations: { [annotation]: JSON.stringify(worker) },
  durationSeconds,
});

/** Who holds a lease; undefined if nobody does. */
export function workerOf({ holder, annotations }: Lease): Worker | undefined {
  if (!holder) return undefined;
  const unknown = { who: holder, pid: 0, command: 'something', since: '', run: holder };
  try {
    return { ...unknown, ...(JSON.parse(annotations[annotation] ?? '{}') as Partial<Worker>) };
  } catch {
    return unknown;
  }
}

/** Who is at work by a lease, for `status`. */
export function workOf(lease: Lease, worker: Worker): MeshWork {
  const { who, pid, command, since } = worker;
  return { who, pid, command, since, renewed: lease.renewed, gone: isKnownGone(lease, worker) };
}

/** Is this certain without watching for a while? His process is not there, or his last word is long ago. */
export function isKnownGone(lease: Lease, worker: Worker): boolean {
  if (Date.now() - lease.renewed.getTime() > longGoneMs) return true;
  if (worker.machine === undefined || worker.machine !== machineId()) return false;
  return beganAt(worker.pid) !== worker.began;
}

export const told = ({
  who,
  command,
  pid,
  since,
}: Pick<Worker, 'who' | 'command' | 'pid' | 'since'>): string =>
  `${who} (isthmus ${command}, pid ${pid}, since ${since})`;

function machineId(): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
    return createHash('sha256')
      .update(`${boot}${readlinkSync('/proc/self/ns/pid')}`)
      .digest('hex')
      .slice(0, 16);
  } catch {
    return undefined;
  }
}

/** The 22nd field of /proc/PID/stat (proc(5)), after a name that may have spaces; undefined if there is none. */
function beganAt(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
