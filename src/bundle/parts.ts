import { isIsthmusError, messageOf } from '../errors/index.ts';
import { redact } from '../report/index.ts';
import type { Collection, ManifestNote, MeshFile } from './collection.ts';

/** Everything that a bundle has gathered so far; texts are redacted as they come in. */
export class BundleParts {
  readonly files: MeshFile[] = [];
  readonly shortened: ManifestNote[] = [];
  readonly empty: string[] = [];
  readonly missing: ManifestNote[] = [];

  add(file: MeshFile): void {
    this.files.push({ ...file, content: redact(file.content) });
  }

  /** A file whose values were redacted before it was made of them. */
  addClean(file: MeshFile): void {
    this.files.push(file);
  }

  /** Take what was collected of one cluster, into a folder of its name. */
  merge(cluster: string, { files, shortened, empty, missing }: Collection): void {
    const inFolder = (name: string) => `${cluster}/${name}`;
    for (const file of files) this.add({ ...file, name: inFolder(file.name) });
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
