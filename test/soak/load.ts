import { createInterface } from 'node:readline';
import { execa } from 'execa';
import type { Bed } from '../e2e/bed.ts';

/** One request that did not get an answer of helloworld. */
export interface Lost {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly cluster: string;
  /** HTTP status or curl’s exit code. */
  readonly how: string;
}

export interface Load {
  readonly sent: () => number;
  readonly lost: readonly Lost[];
  stop(): Promise<void>;
}

const url = 'http://helloworld.sample:5000/hello';
const script = `while :; do curl -sS -m 5 -o /dev/null -w '%{http_code} %{exitcode}\\n' ${url} 2>/dev/null; done`;

/** Requests from the sleep pod of every cluster, one after the other, until it is stopped. */
export async function startLoad(bed: Bed, clusters: readonly string[]): Promise<Load> {
  let sent = 0;
  const lost: Lost[] = [];
  const kubectl = await bed.program('kubectl');
  const clients = clusters.map((cluster) => {
    const exec = ['--context', cluster, '-n', 'sample', 'exec', 'deploy/sleep', '-c', 'sleep'];
    const child = execa(kubectl, [...exec, '--', 'sh', '-c', script], {
      env: bed.env,
      reject: false,
      stdin: 'ignore',
      buffer: false,
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      sent += 1;
      const [status = '', exitCode = ''] = line.split(' ');
      const how = status === '000' ? `curl ${exitCode}` : `HTTP ${status}`;
      if (status !== '200') lost.push({ at: Date.now(), cluster, how });
    });
    return child;
  });
  const stop = async () => {
    for (const client of clients) client.kill();
    await Promise.all(clients);
  };
  return { sent: () => sent, lost, stop };
}
