import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { complaints, sharedBed } from './bed.ts';

const bed = sharedBed();

/** Process ids whose command line names this program and the bed's run directory. */
async function pidsOf(program: string, cluster: string): Promise<number[]> {
  const { stdout } = await execa('ps', ['-eo', 'pid,args']);
  return stdout
    .split('\n')
    .filter((line) => line.includes(`/${program} `) && line.includes(`/e2e/${cluster}/`))
    .map((line) => Number(line.trim().split(/\s+/)[0]));
}

describe('what dies comes back', () => {
  for (const program of ['etcd', 'kube-apiserver', 'containerd']) {
    it(`a killed ${program} is started again and the mesh stays true`, async () => {
      const before = await pidsOf(program, 'eks-1');
      expect(before.length).toBeGreaterThan(0);
      for (const pid of before) process.kill(pid, 'SIGKILL');
      await expect.poll(() => pidsOf(program, 'eks-1'), { timeout: 30_000 }).not.toEqual(before);
      expect(complaints(await bed.check([], ['--wait', '120']))).toEqual([]);
    });
  }

  it('an API server that stops answering in the middle of up is healed or named', async () => {
    const [pid] = await pidsOf('kube-apiserver', 'eks-2');
    process.kill(pid ?? 0, 'SIGSTOP');
    const up = await bed.isthmus(['up', '--no-check']);
    process.kill(pid ?? 0, 'SIGCONT');
    if (up.exitCode !== 0) expect(up.stderr).toMatch(/CLUSTER_UNREACHABLE|TIMED_OUT/);
    if (up.exitCode !== 0) expect(up.stderr).toContain('eks-2');
    const again = await bed.isthmus(['up']);
    expect(again.exitCode, again.stderr).toBe(0);
  });
});
