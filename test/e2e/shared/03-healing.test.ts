import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { complaints, sharedBed } from '../bed.ts';

const bed = sharedBed();

/** Process ids of a program of one node, found by its name and the node's folder in its arguments. */
async function pidsOf(program: string, cluster: string): Promise<number[]> {
  const { stdout } = await execa('ps', ['-eo', 'pid=,comm=,args=']);
  return stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, name = '', ...args]) => program.startsWith(name) && args.join(' ').includes(`/e2e/${cluster}/`),
    )
    .map(([pid]) => Number(pid));
}

/** Send a signal; never to a process group, which is what a missing pid would mean to kill(2). */
function send(signal: NodeJS.Signals, pid: number | undefined): void {
  if (!pid) throw new Error(`no process to send ${signal} to`);
  process.kill(pid, signal);
}

describe('what dies comes back', () => {
  for (const program of ['etcd', 'kube-apiserver', 'containerd']) {
    it(`a killed ${program} is started again and the mesh stays true`, async () => {
      const before = await pidsOf(program, 'eks-1');
      expect(before.length).toBeGreaterThan(0);
      for (const pid of before) send('SIGKILL', pid);
      await expect.poll(() => pidsOf(program, 'eks-1'), { timeout: 30_000 }).not.toEqual(before);
      expect(complaints(await bed.check([], ['--wait', '120']))).toEqual([]);
    });
  }

  it('an API server that runs and answers nothing is started again by up', async () => {
    const [pid] = await pidsOf('kube-apiserver', 'eks-2');
    send('SIGSTOP', pid);
    const up = await bed.isthmus(['up', '--no-check']);
    expect(up.exitCode, up.stderr).toBe(0);
    expect(up.stderr).toContain('the API server of eks-2 has not answered');
    const again = await bed.isthmus(['up']);
    expect(again.exitCode, again.stderr).toBe(0);
  });
});
