import { expect, it } from 'vitest';
import {
  blocked,
  type CheckResult,
  exitCodeOfResults,
  fail,
  isUnproven,
  type Outcome,
  pass,
  skip,
  unproven,
  warn,
} from '../../../src/report/index.ts';

const resultOf = (outcome: Outcome): CheckResult => ({
  id: 'a',
  title: 'a',
  outcome,
  durationMs: 0,
  docs: 'docs/checks/a.md',
});

it.each<[string, 0 | 1, Outcome[]]>([
  ['all pass', 0, [pass('fine'), pass('fine')]],
  ['a warning', 0, [warn('odd', [{ message: 'odd' }])]],
  ['a skip beside a pass', 0, [pass('fine'), skip('no samples')]],
  ['a failure', 1, [pass('fine'), fail('bad', [{ message: 'bad' }])]],
  ['one that is blocked', 1, [pass('fine'), blocked('clusters')]],
  ['nothing but skips', 1, [skip('no samples'), unproven('no samples')]],
  ['nothing at all', 1, []],
])('the exit code of %s is %d', (_, code, outcomes) => {
  expect(exitCodeOfResults(outcomes.map(resultOf))).toBe(code);
});

it('tells what nobody knows from what does not apply', () => {
  expect(isUnproven(unproven('no request was sent'))).toBe(true);
  expect([skip('one network'), pass('not proven: no')].map(isUnproven)).toEqual([false, false]);
});
