import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { run } from '../../../src/process/index.ts';
import { type Event, recordingReporter } from '../../../src/report/index.ts';
import type { Program } from '../../../src/toolchain/programs/programs.ts';
import type { ObtainProgress, Source } from '../../../src/toolchain/sources/source.ts';

/** A folder that goes with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-toolchain-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A file system of so many megabytes; needs root. */
export async function smallDisk(megabytes = 1): Promise<string> {
  const folder = await temporaryFolder();
  await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]);
  onTestFinished(async () => void (await run('umount', [folder])));
  return folder;
}

/** A program of the toolchain, as far as tests need it. */
export const programNamed = (name: string): Program => ({ name, version: '1.0', weight: 1, megabytes: 1 });

/** Ask a source for programs, in a folder of the test's own. */
export async function obtainFrom(source: Source, programs: readonly Program[]) {
  const folder = await temporaryFolder();
  const progress: ObtainProgress[] = [];
  const signal = new AbortController().signal;
  const onProgress = (one: ObtainProgress) => void progress.push(one);
  return { folder, progress, done: source.obtain({ programs, folder, signal, onProgress }) };
}

/** A source that writes `<name>\n` and counts how often it was asked for each program. */
export function countingSource(
  write: (name: string) => Promise<string | Uint8Array> = async (name) => `${name}\n`,
) {
  const made: string[] = [];
  const source: Source = {
    name: 'counting',
    offers: () => true,
    async obtain({ programs, folder }) {
      for (const { name } of programs) {
        made.push(name);
        await writeFile(join(folder, name), await write(name), { mode: 0o755 });
      }
    },
  };
  return { source, made };
}

export const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

/** A loopback server of `files` by path; returns its base address. */
export async function serverOf(files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  const server = createServer((request, response) => {
    const body = files[request.url ?? ''];
    response.writeHead(body ? 200 : 404).end(body ?? 'not here');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise((resolve) => void server.close(() => resolve())));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A promise that the test opens. */
export function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
}

/** A reporter that also tells when a note with `code` comes. */
export function listening(code: string) {
  const recording = recordingReporter();
  const { passed: heard, open } = gate();
  const emit = (event: Event) => {
    recording.emit(event);
    if (event.type === 'note' && event.code === code) open();
  };
  return { reporter: { events: recording.events, emit }, heard };
}

/** Put a shell script in the place of a program that is looked up in PATH, until the test ends. */
export async function inPlaceOf(program: string, script: string): Promise<void> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, program), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`);
  onTestFinished(() => void vi.unstubAllEnvs());
}
