import { expect, test } from 'vitest';
import { countVersions } from '../../../src/istio/observe/proxy-versions.ts';

test('each version has the number of its proxies; those that told none are unknown', () => {
  const entries = [
    { proxy: 'a', istio_version: '1.31.0' },
    { proxy: 'b', istio_version: '1.30.2' },
    { proxy: 'c' },
    { proxy: 'd', istio_version: '1.31.0' },
  ];
  expect(countVersions(entries)).toEqual({ '1.31.0': 2, '1.30.2': 1, unknown: 1 });
  expect(countVersions([])).toEqual({});
});
