import { isIsthmusError, messageOf } from '../errors/index.ts';
import { redact } from '../report/index.ts';
import type { Collection, ManifestNote, MeshFile, TakeFile } from './collection.ts';

/** What the manifest says of a file that is in the archive. */
export interface ListedFile {
  readonly name: string;
  readonly about: string;
  readonly bytes: number;
}

/** Everything that a bundle has gathered so far; texts are redacted as they come in, and not kept. */
export class BundleParts {
  readonly files: ListedFile[] = [];
  readonly shortened: ManifestNote[] = [];
  readonly empty: string[] = [];
  readonly missing: ManifestNote[] = [];
  readonly #take: TakeFile;

  /** `take` puts each file where the bundle is made. */
  constructor(take: TakeFile) {
    this.#take = take;
  }

  async add(file: MeshFile): Promise<void> {
    await this.addClean({ ...file, content: redact(file.content) });
  }

  /** A file whose values were redacted before it was made of them. */
  async addClean(file: MeshFile): Promise<void> {
    const { name, about, content } = file;
    this.files.push({ name, about, bytes: Buffer.byteLength(content) });
    await this.#take(file);
  }

  /** Collect what there is of one cluster into a folder of its name. */
  async ofCluster(cluster: string, collect: (take: TakeFile) => Promise<Collection>): Promise<void> {
    const inFolder = (name: string) => `${cluster}/${name}`;
    const { shortened, empty, missing } = await collect((file) =>
      this.add({ ...file, name: inFolder(file.name) }),
    );
    this.empty.push(...empty.map(inFolder));
    this.shortened.push(...shortened.map(({ name, text }) => ({ name: inFolder(name), text })));
    this.missing.push(...missing.map(({ name, text }) => ({ name: inFolder(name), text: redact(text) })));
  }

  /** Go on without a part that cannot be had, and remember why. Only INTERRUPTED is thrown. */
  async attempt<T>(name: string, collect: () => Promise<T>): Promise<T | undefined> {
    try {
      return await collect();
    } catch (error) {
      if (isIsthmusError(error) && error.code === 'INTERRUPTED') throw error;
      this.missing.push({ name, text: redact(messageOf(error)) });
      return undefined;
    }
  }
}
