import { expect, it } from 'vitest';
import { parseQuantity } from '../../../src/kubernetes/index.ts';

it.each([
  ['512Mi', 512 * 2 ** 20],
  ['1500m', 1.5],
  ['250u', 0.00025],
  ['1e3', 1000],
  ['1E-2', 0.01],
  ['2E', 2e18],
  ['1.5Ti', 1.5 * 2 ** 40],
  ['3Pi', 3 * 2 ** 50],
  ['1Ei', 2 ** 60],
  ['4k', 4000],
  ['.5', 0.5],
  ['-1', -1],
  ['0', 0],
])('%s is %d', (text, value) => {
  expect(parseQuantity(text)).toBe(value);
});

it.each(['', 'Mi', '1 Gi', '1KB', '1K', '1e', '1.2.3', '1Mi2', '1e3Mi'])('%j is no quantity', (text) => {
  expect(parseQuantity(text)).toBeUndefined();
});
