import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from '../../files/index.ts';
import { parseReport } from './past-report.ts';
import type { StateStore } from './store.ts';

/**
 * Reports that `drill -o json` and `rotate … -o json` were sent to, as files of one folder; whoever
 * calls again gets what is new. Other files are passed over.
 */
export class ReportFolder {
  readonly #folder: string;
  readonly #seen = new Map<string, number>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Bring new and changed reports into the state. FILE_DENIED and the like if the folder cannot be read. */
  async read(store: StateStore): Promise<void> {
    try {
      const names = (await readdir(this.#folder)).filter((name) => name.endsWith('.json'));
      for (const name of names) await this.#readOne(name, store);
      for (const name of this.#seen.keys()) if (!names.includes(name)) this.#forget(name, store);
    } catch (error) {
      throw fileError(error, { doing: 'read', path: this.#folder });
    }
  }

  async #readOne(name: string, store: StateStore): Promise<void> {
    const path = join(this.#folder, name);
    const { mtimeMs, mtime } = await stat(path);
    if (this.#seen.get(name) === mtimeMs) return;
    this.#seen.set(name, mtimeMs);
    const report = parseReport(await readFile(path, 'utf8'), mtime.toISOString());
    if (report) store.put(`report/${name}`, report);
  }

  #forget(name: string, store: StateStore): void {
    this.#seen.delete(name);
    store.remove(`report/${name}`);
  }
}
