import { afterEach, expect, it, vi } from 'vitest';
import { currentPins } from '../../../scripts/pin-releases.ts';
import { publishers, releaseTable } from '../../../src/toolchain/sources/releases.ts';
import { serverOf } from './bed.ts';

afterEach(() => void vi.unstubAllEnvs());

const path = (name: string, arch: string) => `/${releaseTable({}, arch)[name]?.path}`;

it('pins what publishers say beside a file or in their list, for each platform, and keeps the rest', async () => {
  const [kubectl, containerd, etcd, other] = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(64));
  const archive = path('etcd', 'x64').split('/').at(-1);
  const address = await serverOf({
    [`${path('kubectl', 'arm64')}.sha256`]: Buffer.from(`${kubectl}`),
    [`${path('containerd', 'x64')}.sha256sum`]: Buffer.from(`${containerd}  containerd.tar.gz\n`),
    [path('etcd', 'x64').replace(/[^/]*$/, 'SHA256SUMS')]: Buffer.from(
      `${other}  other-${archive}\n${etcd}  ${archive}\n`,
    ),
  });
  for (const { mirror } of Object.values(publishers)) vi.stubEnv(mirror, address);
  const pins = await currentPins({ kubectl: { x64: other ?? '' }, gone: { x64: other ?? '' } }, () => {});
  expect(pins).toEqual({
    kubectl: { x64: other, arm64: kubectl },
    containerd: { x64: containerd },
    ctr: { x64: containerd },
    'containerd-shim-runc-v2': { x64: containerd },
    etcd: { x64: etcd },
  });
});
