import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { parse } from 'yaml';
import { IsthmusError } from '../../errors/index.ts';
import { readIfThere } from '../../files/index.ts';

/** Of istiod, by which the version of all is told. */
const istiodChart = join('charts', 'istio-control', 'istio-discovery', 'Chart.yaml');
/** Charts in Istio's sources bear it: its release builder writes the version in. */
const unreleased = '1.0.0';

/** What istiod's chart in a folder says of its version; undefined if there is no chart. */
export async function chartVersion(manifests: string): Promise<string | undefined> {
  const text = await readIfThere(join(manifests, istiodChart));
  const { version } = (parse(text ?? '') ?? {}) as { version?: unknown };
  return version === undefined ? undefined : String(version);
}

/** CHARTS_UNAVAILABLE unless the charts in a folder are of a version, or say nothing of theirs as sources do. */
export async function requireVersion(manifests: string, version: string): Promise<void> {
  const found = await chartVersion(manifests);
  if (found === version || found === unreleased) return;
  const what = found === undefined ? 'no charts are there' : `the charts there are of ${found}`;
  throw new IsthmusError('CHARTS_UNAVAILABLE', `${what}, not of ${version}`);
}

/** Files below a folder, relative to it, in one order everywhere. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** SHA-256 of names and contents of all files below a folder, lower-case hex. */
export async function digestOf(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of await filesBelow(folder)) {
    const content = await readFile(join(folder, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** A copy that can be written and removed, which is not so of Go's module cache. */
export async function copyFiles(from: string, to: string): Promise<void> {
  for (const file of await filesBelow(from)) {
    await mkdir(join(to, dirname(file)), { recursive: true });
    await writeFile(join(to, file), await readFile(join(from, file)));
  }
}
