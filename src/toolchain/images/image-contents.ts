import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostProgram, librariesOf } from '../programs/host-programs.ts';
import { moduleDirectory } from '../sources/go-source.ts';
import type { LayerEntry } from './layer.ts';

/** What the checks, `kubectl exec` and people at a shell use. */
const applets = [
  ...[
    'sh',
    'ls',
    'cat',
    'cp',
    'mv',
    'rm',
    'mkdir',
    'ln',
    'chmod',
    'chown',
    'touch',
    'stat',
    'find',
    'du',
    'df',
  ],
  ...[
    'echo',
    'printf',
    'grep',
    'sed',
    'awk',
    'cut',
    'sort',
    'uniq',
    'wc',
    'head',
    'tail',
    'tr',
    'tee',
    'xargs',
  ],
  ...[
    'sleep',
    'date',
    'env',
    'id',
    'hostname',
    'uname',
    'ps',
    'top',
    'kill',
    'seq',
    'time',
    'timeout',
    'test',
  ],
  ...['true', 'false', 'vi', 'less', 'tar', 'gzip', 'md5sum', 'sha256sum', 'base64', 'od', 'mount', 'umount'],
  ...['ip', 'ping', 'wget', 'nc', 'nslookup', 'netstat', 'telnet', 'traceroute', 'ifconfig', 'route'],
];

const users = [
  'root:x:0:0::/:/bin/sh',
  'nobody:x:65534:65534::/:/bin/sh',
  'curl_user:x:100:101::/tmp:/bin/sh',
];
const groups = ['root:x:0:', 'nogroup:x:65534:', 'curl_group:x:101:'];

/** A shell, users and certificates: what every image starts from. */
export function baseContents(): LayerEntry[] {
  return [
    { type: 'file', path: 'bin/busybox', from: hostProgram('busybox') },
    ...applets.map((name): LayerEntry => ({ type: 'link', path: `bin/${name}`, to: 'busybox' })),
    {
      type: 'text',
      path: 'etc/passwd',
      text: [...users, 'istio-proxy:x:1337:1337::/:/bin/sh', ''].join('\n'),
    },
    { type: 'text', path: 'etc/group', text: [...groups, 'istio-proxy:x:1337:', ''].join('\n') },
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
export async function proxyContents(signal: AbortSignal): Promise<LayerEntry[]> {
  const module = await moduleDirectory('istio.io/istio', signal);
  const template = await readFile(join(module, 'tools/packaging/common/envoy_bootstrap.json'), 'utf8');
  return [
    { type: 'text', path: 'var/lib/istio/envoy/envoy_bootstrap_tmpl.json', text: template },
    { type: 'folder', path: 'etc/istio/proxy', uid: 1337 },
    { type: 'folder', path: 'var/lib/istio', uid: 1337 },
    { type: 'folder', path: 'var/lib/istio/data', uid: 1337 },
    { type: 'folder', path: 'var/lib/istio/envoy', uid: 1337 },
  ];
}
