import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../process/index.ts';
import { goFolder } from './folders.ts';
import { hostProgram, librariesOf } from './host-programs.ts';
import type { LayerEntry } from './layer.ts';

const applets = [
  'sh',
  'ls',
  'cat',
  'sleep',
  'ip',
  'ps',
  'wget',
  'nslookup',
  'grep',
  'env',
  'hostname',
  'mkdir',
  'rm',
  'cp',
  'ping',
  'id',
  'head',
  'tail',
  'nc',
  'netstat',
  'seq',
  'date',
];

/** A shell, users and certificates: what every image starts from. */
export function baseContents(): LayerEntry[] {
  return [
    { type: 'file', path: 'bin/busybox', from: hostProgram('busybox') },
    ...applets.map((name): LayerEntry => ({ type: 'link', path: `bin/${name}`, to: 'busybox' })),
    {
      type: 'text',
      path: 'etc/passwd',
      text: 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\nistio-proxy:x:1337:1337::/:/bin/sh\n',
    },
    { type: 'text', path: 'etc/group', text: 'root:x:0:\nnogroup:x:65534:\nistio-proxy:x:1337:\n' },
    { type: 'text', path: 'etc/nsswitch.conf', text: 'hosts: files dns\n' },
    {
      type: 'file',
      path: 'etc/ssl/certs/ca-certificates.crt',
      from: hostProgram('certificates'),
      mode: 0o644,
    },
    ...['proc', 'sys', 'dev', 'run', 'var/lib', 'usr/local/bin'].map(
      (path): LayerEntry => ({ type: 'folder', path }),
    ),
    { type: 'link', path: 'var/run', to: '/run' },
    { type: 'folder', path: 'tmp', mode: 0o1777 },
  ];
}

/** A host program at the same path in the image, with the libraries that it loads. */
export async function withLibraries(from: string, path = from.slice(1)): Promise<LayerEntry[]> {
  const libraries = (await librariesOf(from)).map(
    (library): LayerEntry => ({ type: 'file', path: library.slice(1), from: library }),
  );
  return [{ type: 'file', path, from }, ...libraries];
}

/** iptables in both flavours under every name that pilot-agent calls. */
export async function iptablesContents(): Promise<LayerEntry[]> {
  const nft = hostProgram('iptables');
  const legacy = nft.replace('nft', 'legacy');
  const modules = join('/usr/lib', `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`, 'xtables');
  const programs = (await Promise.all([nft, legacy].map((path) => withLibraries(path)))).flat();
  const extensions = (await readdir(modules)).map(
    (name): LayerEntry => ({ type: 'file', path: join(modules, name).slice(1), from: join(modules, name) }),
  );
  const links = ['iptables', 'ip6tables'].flatMap((family) =>
    ['', '-save', '-restore'].flatMap((verb): LayerEntry[] => [
      { type: 'link', path: `usr/sbin/${family}${verb}`, to: 'xtables-nft-multi' },
      { type: 'link', path: `usr/sbin/${family}-nft${verb}`, to: 'xtables-nft-multi' },
      { type: 'link', path: `usr/sbin/${family}-legacy${verb}`, to: 'xtables-legacy-multi' },
    ]),
  );
  return [...programs, ...extensions, ...links];
}

/** What Istio's proxy image adds to its programs: the bootstrap template, from the module that istiod is built from. */
export async function proxyContents(): Promise<LayerEntry[]> {
  const { stdout } = await run('go', ['list', '-m', '-f', '{{.Dir}}', 'istio.io/istio'], {
    cwd: goFolder(),
    env: { GOFLAGS: '-mod=readonly' },
  });
  const template = await readFile(join(stdout.trim(), 'tools/packaging/common/envoy_bootstrap.json'), 'utf8');
  return [
    { type: 'text', path: 'var/lib/istio/envoy/envoy_bootstrap_tmpl.json', text: template },
    { type: 'folder', path: 'etc/istio/proxy', uid: 1337 },
    { type: 'folder', path: 'var/lib/istio', uid: 1337 },
    { type: 'folder', path: 'var/lib/istio/data', uid: 1337 },
    { type: 'folder', path: 'var/lib/istio/envoy', uid: 1337 },
  ];
}
