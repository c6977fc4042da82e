import { expect, it } from 'vitest';
import { GoPace } from '../../../src/toolchain/sources/go-pace.ts';
import { programNamed } from './bed.ts';

const packages = Array.from({ length: 200 }, (_, at) => [`pkg/${at}`, 100_000 + 5000 * (at % 40)] as const);
const programs = [{ ...programNamed('kubelet'), megabytes: 100 }];

/** A build that takes `seconds` for its packages, each its share by its bytes, and says how it goes. */
function build(seconds: number) {
  let now = 0;
  const pace = new GoPace(new Map(packages), programs, { cores: 2, now: () => now });
  const bytes = packages.reduce((sum, [, one]) => sum + one, 0);
  return {
    pace,
    compile(share: number) {
      for (const [path, size] of packages.slice(0, packages.length * share)) {
        pace.says(path);
        now += (size / bytes) * seconds * 1000;
      }
    },
    wait: (ms: number) => {
      now += ms;
    },
  };
}

it.each([30, 60, 240, 960])('is right within a quarter once a part of %s s is done', (seconds) => {
  const { pace, compile } = build(seconds);
  compile(0.25);
  const { remainingMs = 0, done, total } = pace.progress();
  expect([done, total]).toEqual([50, 200]);
  // What is linked in the end costs some more.
  const real = seconds * 0.75 * 1.07;
  expect(remainingMs / 1000 / real).toBeGreaterThan(0.75);
  expect(remainingMs / 1000 / real).toBeLessThan(1.25);
});

it('counts down while nothing is said, and not below zero', () => {
  const { pace, compile, wait } = build(240);
  compile(0.5);
  const before = pace.progress().remainingMs ?? 0;
  wait(3000);
  expect(pace.progress().remainingMs).toBe(before - 3000);
  wait(900_000);
  expect(pace.progress().remainingMs).toBe(0);
});

it('names what is linked when all is compiled, and ends with it', () => {
  const { pace, compile } = build(60);
  compile(1);
  expect(pace.progress()).toMatchObject({ message: 'linking kubelet', done: 200, total: 200 });
  pace.linked('kubelet');
  expect(pace.progress().remainingMs).toBe(0);
});

it('shows other lines of Go and does not count them', () => {
  const { pace } = build(60);
  pace.says('go: downloading k8s.io/api v0.36.3');
  expect(pace.progress()).toMatchObject({ message: 'go: downloading k8s.io/api v0.36.3', done: 0 });
});
