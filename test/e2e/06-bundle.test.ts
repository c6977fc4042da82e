import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { sharedBed } from './bed.ts';

const bed = sharedBed();

describe('bundle', () => {
  it('holds logs, dumps and results, and none of the secrets of the bed', async () => {
    const path = join(bed.folder, 'bundle.tar.gz');
    const made = await bed.isthmus(['bundle', '-d', path, '-o', 'json']);
    expect(made.exitCode, made.stderr).toBe(0);
    expect(JSON.parse(made.stdout)).toMatchObject({ missing: [] });
    await execa('tar', ['-xzf', path, '-C', bed.folder]);
    const { stdout } = await execa('find', [join(bed.folder, 'isthmus-bundle'), '-type', 'f']);
    for (const part of ['eks-1/', 'eks-2/', 'status.json', 'checks.json', 'kube-apiserver'])
      expect(stdout).toContain(part);
    const all = (await Promise.all(stdout.split('\n').map((file) => readFile(file, 'utf8')))).join('\n');
    const secret = JSON.parse(
      await bed.ok('eks-1', ['-n', 'istio-system', 'get', 'secrets', '-o', 'json']),
    ) as { items: { data?: Record<string, string> }[] };
    const values = secret.items.flatMap(({ data }) => Object.entries(data ?? {}));
    const keys = values.filter(([name]) => /key|token|eks-2/.test(name)).map(([, value]) => value);
    expect(keys.length).toBeGreaterThan(1);
    for (const value of keys) {
      expect(all.includes(value)).toBe(false);
      const [, token] = /token: (\S+)/.exec(Buffer.from(value, 'base64').toString()) ?? [];
      if (token) expect(all.includes(token)).toBe(false);
    }
    expect(all).not.toContain('PRIVATE KEY-----\n');
  });
});
