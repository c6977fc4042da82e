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

/**
 * A whole build of the toolchain on two cores, as it was seen: until which second Go had begun how many more
 * packages, with how many kB of sources, and how many of them and how many kB are Istio's. The first are the standard library's for the most part.
 */
const seen = [
  [20, 369, 16_076, 7, 28],
  [40, 183, 14_344, 0, 0],
  [60, 191, 15_615, 0, 0],
  [80, 308, 8312, 0, 0],
  [100, 258, 9535, 0, 0],
  [120, 249, 4780, 0, 0],
  [140, 267, 7664, 0, 0],
  [160, 267, 3323, 0, 0],
  [180, 245, 17_676, 42, 589],
  [200, 402, 11_250, 16, 209],
  [220, 84, 2566, 45, 1740],
  [240, 53, 70, 48, 1222],
  [260, 30, 39, 29, 1738],
  [280, 79, 903, 54, 654],
  // After the last package came the links.
  [400, 1411, 36_986, 111, 1586],
] as const;
const wholeBuild = 431;

/** The packages of each line, all alike. */
const perLine = seen.map(([until, count, kilobytes, istio, kilobytesOfIstio], line) => {
  const others = count - istio;
  const group = (prefix: string, many: number, total: number) =>
    Array.from({ length: many }, (_, at) => [`${prefix}/${line}/${at}`, (total * 1000) / many] as const);
  return {
    until,
    packages: [
      ...group(line === 0 ? 'std' : 'example.org', others, kilobytes),
      ...group('istio.io/istio/pilot', istio, kilobytesOfIstio),
    ],
  };
});

it.each([0.3, 1, 4])(
  'is right within a quarter from the first minute on, on a machine %s times as slow',
  (slow) => {
    let now = 0;
    const work = new Map(perLine.flatMap((line) => line.packages));
    const pace = new GoPace(work, [{ ...programNamed('kubelet'), megabytes: 1098 }], {
      cores: 2,
      now: () => now,
    });
    const told = perLine.slice(0, -1).map(({ until, packages: begun }) => {
      now = until * slow * 1000;
      for (const [path] of begun) pace.says(path);
      const left = (wholeBuild - until) * slow;
      return { second: until * slow, ratio: (pace.progress().remainingMs ?? 0) / 1000 / left };
    });
    const judged = told.filter(({ second }) => second >= 60);
    expect(judged.length).toBeGreaterThan(3);
    for (const { ratio } of judged) {
      expect(ratio).toBeGreaterThan(0.75);
      expect(ratio).toBeLessThan(1.25);
    }
  },
);

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
