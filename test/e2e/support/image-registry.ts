import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { releaseArch } from '../../../src/toolchain/sources/releases.ts';
import { root } from '../bed.ts';

const layerType = 'application/vnd.oci.image.layer.v1.tar';
const configType = 'application/vnd.oci.image.config.v1+json';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';

interface Saved {
  readonly Config: string;
  readonly RepoTags: readonly string[];
  readonly Layers: readonly string[];
}

/** A registry on loopback, of go-containerregistry, with images out of archives of the toolchain. */
export class ImageRegistry {
  readonly address: string;
  readonly #stop: () => void;

  private constructor(address: string, stop: () => void) {
    this.address = address;
    this.#stop = stop;
  }

  static async start(): Promise<ImageRegistry> {
    const folder = await mkdtemp(join(tmpdir(), 'isthmus-registry-'));
    const program = join(folder, 'registry');
    await execa('go', ['build', '-buildvcs=false', '-o', program], {
      cwd: join(root, 'test/fakes/registry'),
    });
    const child = spawn(program, { stdio: ['ignore', 'pipe', 'inherit'] });
    // The first line is its address; it runs on after that.
    const [address] = (await once(createInterface(child.stdout), 'line', {
      signal: AbortSignal.timeout(30_000),
    })) as [string];
    return new ImageRegistry(address, () => void child.kill());
  }

  stop(): void {
    this.#stop();
  }

  /** Push an image of an archive under another name, behind an index for this platform; digest of that. */
  async push(archive: string, { from, to }: { from: string; to: string }): Promise<string> {
    const { stdout } = await execa('tar', ['-xOf', archive, 'manifest.json']);
    const saved = (JSON.parse(stdout) as Saved[]).find(({ RepoTags }) => RepoTags.includes(from));
    if (!saved) throw new Error(`${archive} has no ${from}`);
    const [repository = '', tag = ''] = to.split(':');
    const blob = async (member: string, mediaType: string) =>
      this.#blob(repository, mediaType, await memberOf(archive, member));
    const config = await blob(saved.Config, configType);
    const layers = await Promise.all(saved.Layers.map((layer) => blob(layer, layerType)));
    const manifest = { schemaVersion: 2, mediaType: manifestType, config, layers };
    const own = await this.#manifest(`${repository}/manifests/`, manifest);
    const platform = { os: 'linux', architecture: releaseArch[process.arch] };
    const index = { schemaVersion: 2, mediaType: indexType, manifests: [{ ...own, platform }] };
    return (await this.#manifest(`${repository}/manifests/${tag}`, index)).digest;
  }

  async #blob(repository: string, mediaType: string, body: Buffer) {
    const digest = digestOf(body);
    await this.#send('POST', `${repository}/blobs/uploads/?digest=${digest}`, { body, type: mediaType });
    return { mediaType, digest, size: body.length };
  }

  /** Under its digest where the path ends without a tag. */
  async #manifest(path: string, document: { readonly mediaType: string }) {
    const body = Buffer.from(JSON.stringify(document));
    const digest = digestOf(body);
    const { mediaType } = document;
    await this.#send('PUT', path.endsWith('/') ? `${path}${digest}` : path, { body, type: mediaType });
    return { mediaType, digest, size: body.length };
  }

  async #send(method: string, path: string, { body, type }: { body: Buffer; type: string }): Promise<void> {
    const request = { method, body: new Uint8Array(body), headers: { 'content-type': type } };
    const response = await fetch(`http://${this.address}/v2/${path}`, request);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  }
}

const digestOf = (body: Buffer) => `sha256:${createHash('sha256').update(body).digest('hex')}`;

async function memberOf(archive: string, member: string): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-layer-'));
  await execa('tar', ['-xf', archive, '-C', folder, member]);
  return readFile(join(folder, member));
}
