import { type FileHandle, mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Pack } from 'tar-stream';
import { draftOf, fileError, publish } from '../files/index.ts';
import type { MeshFile } from './collection.ts';

/**
 * A compressed archive with everything under `isthmus-bundle/`, readable by its owner only. Texts
 * are written as they come, so that a large mesh is never in memory as a whole. It has another
 * name until it is whole.
 */
export class Archive {
  readonly #path: string;
  readonly #draft: string;
  readonly #pack: Pack;
  readonly #written: Promise<void>;

  private constructor(path: string, pack: Pack, draft: { readonly path: string; readonly file: FileHandle }) {
    this.#path = path;
    this.#draft = draft.path;
    this.#pack = pack;
    this.#written = pipeline(pack, createGzip(), draft.file.createWriteStream()).catch((error: unknown) => {
      throw fileError(error, { doing: 'write', path });
    });
    // Whoever adds or finishes hears of it.
    this.#written.catch(() => {});
  }

  /** With its folder; throws what the file system says before anything was gathered. */
  static async begin(path: string): Promise<Archive> {
    const { pack } = await import('./tar.ts');
    const draft = draftOf(path);
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const file = await open(draft, 'wx', 0o600);
      return new Archive(path, pack(), { path: draft, file });
    } catch (error) {
      throw fileError(error, { doing: 'write', path });
    }
  }

  /** Resolves when the text is on its way; throws what the file system says, such as DISK_FULL. */
  async add({ name, content }: MeshFile): Promise<void> {
    const taken = new Promise<void>((resolve, reject) => {
      const header = { name: `isthmus-bundle/${name}`, mode: 0o600 };
      const entry = this.#pack.entry(header, content, (error) => (error ? reject(error) : resolve()));
      // It says so by an event as well, which nobody else would catch.
      entry.on('error', reject);
    });
    // A text is refused where the archive is broken, which says why.
    await taken.catch(() => this.#written);
  }

  /** Give the archive its name, and return its size in bytes. */
  async finish(): Promise<number> {
    this.#pack.finalize();
    try {
      await this.#written;
      await publish(this.#draft, this.#path);
    } catch (error) {
      await rm(this.#draft, { force: true });
      throw fileError(error, { doing: 'write', path: this.#path });
    }
    return (await stat(this.#path)).size;
  }

  /** Leave nothing behind. */
  async discard(): Promise<void> {
    this.#pack.destroy();
    await this.#written.catch(() => {});
    await rm(this.#draft, { force: true });
  }
}
