import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { releaseArch } from '../../../src/toolchain/sources/releases.ts';
import { sha256 } from './bed.ts';

const digestOf = (bytes: Uint8Array | string) => `sha256:${sha256(bytes)}`;
const types = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
};
export const ownArchitecture = releaseArch[process.arch] ?? process.arch;

/** A registry with images of one layer, which answers as a test tells it to. */
export class RegistryServer {
  /** Documents and blobs by the end of their path; what is put here is answered whatever its digest. */
  readonly content = new Map<string, { type: string; body: Buffer }>();
  /** Paths in the order in which they were asked for. */
  readonly asked: string[] = [];
  /** Answers a request instead of the registry, if it returns true. */
  before: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  address = '';

  static async start(): Promise<RegistryServer> {
    const registry = new RegistryServer();
    const server = createServer((request, response) => registry.#answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    registry.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    onTestFinished(
      () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    );
    return registry;
  }

  /** Put an image behind a tag, by an index with one entry for each architecture. */
  put(repository: string, tag: string, architectures = [ownArchitecture]) {
    const layer = this.#store(`${repository}/blobs`, types.manifest, Buffer.from(`layer of ${repository}`));
    const manifests = architectures.map((architecture) => {
      const config = JSON.stringify({ os: 'linux', architecture });
      const stored = this.#store(`${repository}/blobs`, 'application/json', Buffer.from(config));
      const manifest = JSON.stringify({
        schemaVersion: 2,
        config: stored,
        layers: [{ ...layer, mediaType: 'application/vnd.oci.image.layer.v1.tar' }],
      });
      const own = this.#store(`${repository}/manifests`, types.manifest, Buffer.from(manifest));
      return { ...own, platform: { os: 'linux', architecture } };
    });
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests }));
    const { digest } = this.#store(`${repository}/manifests`, types.index, index);
    this.content.set(`${repository}/manifests/${tag}`, { type: types.index, body: index });
    return { digest, manifest: manifests[0]?.digest ?? '', layer: layer.digest };
  }

  #store(place: string, type: string, body: Buffer) {
    const digest = digestOf(body);
    this.content.set(`${place}/${digest}`, { type, body });
    return { mediaType: type, digest, size: body.length };
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '').replace('/v2/', '');
    this.asked.push(path);
    if (this.before(request, response)) return;
    const found = this.content.get(path);
    if (!found) return void response.writeHead(404).end('not here');
    response.writeHead(200, { 'content-type': found.type }).end(found.body);
  }
}
