import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { IsthmusError } from '../../../src/errors/index.ts';
import { recordingReporter } from '../../../src/report/index.ts';
import { ensurePrograms } from '../../../src/toolchain/programs/ensure-programs.ts';
import type { Source } from '../../../src/toolchain/sources/source.ts';
import { countingSource, programNamed, temporaryFolder } from './bed.ts';

const programs = ['etcd', 'kubectl', 'envoy'].map(programNamed);

async function bed(sources: readonly Source[], verify = false) {
  const folder = await temporaryFolder();
  const reporter = recordingReporter();
  const signal = new AbortController().signal;
  const ensure = (more: { verify?: boolean } = { verify }) =>
    ensurePrograms({ folder, programs, sources, reporter, signal, ...more });
  const notes = () => reporter.events.flatMap((event) => (event.type === 'note' ? [event.code] : []));
  return { folder, ensure, notes, reporter, bin: (name: string) => join(folder, 'bin', name) };
}

it('makes everything once and nothing when repeated', async () => {
  const { source, made } = countingSource();
  const { ensure, bin } = await bed([source]);
  await ensure();
  await ensure();
  expect(made).toEqual(['etcd', 'kubectl', 'envoy']);
  expect(await readFile(bin('etcd'), 'utf8')).toBe('etcd\n');
});

it('resumes behind the program that an earlier run ended with, leaving no draft', async () => {
  let broken = true;
  const { source, made } = countingSource((name) => {
    if (name === 'envoy' && broken) throw new IsthmusError('BUILD_FAILED', 'power cut');
    return Promise.resolve(name);
  });
  const { ensure, folder } = await bed([source]);
  await expect(ensure()).rejects.toMatchObject({ code: 'BUILD_FAILED' });
  expect((await readdir(folder)).sort()).toEqual(['bin', 'manifest.json']);
  broken = false;
  await ensure();
  expect(made).toEqual(['etcd', 'kubectl', 'envoy', 'envoy']);
});

it('clears the drafts of a killed run', async () => {
  const { source } = countingSource();
  const { ensure, folder } = await bed([source]);
  await mkdir(join(folder, 'drafts'), { recursive: true });
  await writeFile(join(folder, 'drafts', 'wheel-half'), 'half');
  await ensure();
  expect((await readdir(folder)).sort()).toEqual(['bin', 'manifest.json']);
});

it('finds a truncated file at once, says so and makes it again', async () => {
  const { source, made } = countingSource();
  const { ensure, bin, notes } = await bed([source]);
  await ensure();
  await writeFile(bin('kubectl'), 'kub');
  await ensure();
  expect(notes()).toEqual(['CACHE_CORRUPT']);
  expect(made.slice(3)).toEqual(['kubectl']);
  expect(await readFile(bin('kubectl'), 'utf8')).toBe('kubectl\n');
});

it('finds a flipped bit of the same size and time only when it verifies', async () => {
  const { source, made } = countingSource();
  const { ensure, bin, notes } = await bed([source]);
  await ensure();
  const time = new Date('2026-01-01T00:00:00Z');
  await utimes(bin('kubectl'), time, time);
  // The changed time alone is looked into and forgiven.
  await ensure();
  expect(notes()).toEqual([]);
  await writeFile(bin('kubectl'), 'kubectL\n');
  const { mtimeMs } = JSON.parse(await readFile(join(bin('.'), '../manifest.json'), 'utf8'))['bin/kubectl'];
  await utimes(bin('kubectl'), mtimeMs / 1000, mtimeMs / 1000);
  await ensure({ verify: true });
  expect(notes()).toEqual(['CACHE_CORRUPT']);
  expect(made.slice(3)).toEqual(['kubectl']);
});

it('vouches for nothing under a manifest that makes no sense', async () => {
  const { source, made } = countingSource();
  const { ensure, folder, notes } = await bed([source]);
  await ensure();
  await writeFile(join(folder, 'manifest.json'), '{"bin/etcd": ');
  await ensure();
  expect(notes()).toEqual(['CACHE_CORRUPT']);
  expect(made).toHaveLength(6);
});

it('goes on to the next source when the network fails one, and says so', async () => {
  const { source, made } = countingSource();
  const dead: Source = {
    ...source,
    name: 'dead',
    obtain: () => Promise.reject(new IsthmusError('DOWNLOAD_FAILED', 'no route')),
  };
  const { ensure, notes, reporter } = await bed([dead, source]);
  await ensure();
  expect(notes()).toEqual(['DOWNLOAD_FAILED', 'DOWNLOAD_FAILED', 'DOWNLOAD_FAILED']);
  expect(made).toEqual(['etcd', 'kubectl', 'envoy']);
  expect(reporter.events).toContainEqual(
    expect.objectContaining({ type: 'span-end', title: 'etcd 1.0', detail: 'counting' }),
  );
});

it('leaves to the next source at once what one no longer offers', async () => {
  let reachable = true;
  const { source, made } = countingSource();
  const flagging: Source = {
    name: 'flagging',
    offers: () => reachable,
    obtain: () => {
      reachable = false;
      return Promise.reject(new IsthmusError('DOWNLOAD_FAILED', 'no route'));
    },
  };
  const { ensure, notes } = await bed([flagging, source]);
  await ensure();
  expect(notes()).toEqual(['DOWNLOAD_FAILED']);
  expect(made).toEqual(['etcd', 'kubectl', 'envoy']);
});

it('does not go on after a wrong checksum', async () => {
  const { source, made } = countingSource();
  const forged: Source = {
    ...source,
    obtain: () => Promise.reject(new IsthmusError('CHECKSUM_MISMATCH', 'forged')),
  };
  const { ensure } = await bed([forged, source]);
  await expect(ensure()).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  expect(made).toEqual([]);
});

it('tells how far it is and how long it still takes', async () => {
  const { source } = countingSource();
  const { ensure, reporter } = await bed([source]);
  await ensure();
  const progress = reporter.events.filter((event) => event.type === 'span-progress');
  expect(progress.map(({ done, total }) => [done, total])).toEqual([
    [0, 3],
    [1, 3],
    [2, 3],
  ]);
  // Before anything is known, three pieces of weight 1 take three seconds.
  expect(progress[0]?.remainingMs).toBeGreaterThan(2900);
  expect(progress[2]?.remainingMs).toBeLessThan(1000);
});

it('asks a source that makes programs together once for all that no other gave, and stores each', async () => {
  const calls: string[][] = [];
  const together: Source = {
    name: 'together',
    batchOf: () => 'all',
    offers: () => true,
    obtain: async ({ programs: wanted, folder }) => {
      calls.push(wanted.map(({ name }) => name));
      for (const { name } of wanted) await writeFile(join(folder, name), `${name} built\n`);
    },
  };
  const { source, made } = countingSource((name) =>
    name === 'kubectl' ? Promise.resolve(name) : Promise.reject(new IsthmusError('DOWNLOAD_FAILED', 'gone')),
  );
  const { ensure, bin } = await bed([source, together]);
  await ensure();
  expect(made).toEqual(['etcd', 'kubectl', 'envoy']);
  expect(calls).toEqual([['etcd', 'envoy']]);
  expect(await readFile(bin('etcd'), 'utf8')).toBe('etcd built\n');
  expect(await readFile(bin('kubectl'), 'utf8')).toBe('kubectl');
  await ensure();
  expect(calls).toHaveLength(1);
});

it('says what a source says of itself instead of what weights tell', async () => {
  const telling: Source = {
    name: 'telling',
    batchOf: () => 'all',
    offers: () => true,
    obtain: async ({ programs: wanted, folder, onProgress }) => {
      onProgress({ message: 'k8s.io/api', done: 7, total: 9, remainingMs: 42_000 });
      await setTimeout(1100);
      for (const { name } of wanted) await writeFile(join(folder, name), name);
    },
  };
  const { ensure, reporter } = await bed([telling]);
  await ensure();
  expect(reporter.events.findLast((event) => event.type === 'span-progress')).toMatchObject({
    message: 'k8s.io/api',
    done: 7,
    total: 9,
    remainingMs: 42_000,
  });
});
