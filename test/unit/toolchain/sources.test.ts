import { afterEach, expect, it, vi } from 'vitest';
import { wantedPrograms } from '../../../src/toolchain/ensure-toolchain.ts';
import { type Program, programs } from '../../../src/toolchain/programs/programs.ts';
import { defaultSources, sourcesWith } from '../../../src/toolchain/sources/sources.ts';
import { programNamed } from './bed.ts';

afterEach(() => void vi.unstubAllEnvs());

const pins = { kubectl: { [process.arch]: '0'.repeat(64) } };
const program = (name: string) => programs.find((one) => one.name === name) ?? programNamed(name);
const waysTo = (name: string) =>
  sourcesWith(pins).flatMap((source) => (source.offers(program(name)) ? [source.name] : []));

it('prefers a release, pinned or not, and builds what has none', () => {
  expect(waysTo('kubectl')).toEqual(['official release', 'Go build']);
  expect(waysTo('etcd')).toEqual(['official release', 'Go build']);
  expect(waysTo('pilot-agent')).toEqual(['Go build']);
  expect(waysTo('envoy')).toEqual(['Python wheel']);
});

it('builds everything on request', () => {
  vi.stubEnv('ISTHMUS_TOOLCHAIN_SOURCE', 'go');
  expect(waysTo('kubectl')).toEqual(['Go build']);
  expect(waysTo('envoy')).toEqual(['Python wheel']);
});

it('refuses a request that it does not understand', () => {
  vi.stubEnv('ISTHMUS_TOOLCHAIN_SOURCE', 'releases');
  expect(() => sourcesWith(pins)).toThrow(
    expect.objectContaining({
      code: 'FLAGS_INVALID',
      message: expect.stringContaining('ISTHMUS_TOOLCHAIN_SOURCE=releases'),
    }),
  );
});

it('has a way to every program', () => {
  const lost = programs.filter((one) => !defaultSources().some((source) => source.offers(one)));
  expect(lost).toEqual([]);
});

it('leaves out what only people run where that may come later, unless it is asked for', () => {
  const left = (wanted: readonly Program[]) =>
    programs.filter((one) => !wanted.includes(one)).map(({ name }) => name);
  expect(left(wantedPrograms({}))).toEqual([]);
  expect(left(wantedPrograms({ postpone: true }))).toEqual(['kubectl']);
  expect(wantedPrograms({ postpone: true, only: ['kubectl'] })).toMatchObject([{ name: 'kubectl' }]);
});
