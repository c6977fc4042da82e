import { describe, expect, it } from 'vitest';
import { exitCodeOfRenewal, type RenewalItem, type RenewalReport } from '../../../src/report/index.ts';
import { renderRenewal } from '../../../src/ui/index.ts';

const dates = { renewFrom: '2027-01-27T00:00:00Z', ends: '2027-02-26T00:00:00Z' };
const good: RenewalItem = { what: 'authority', cluster: 'east', state: 'good', ...dates };
const failed: RenewalItem = {
  what: 'authority',
  cluster: 'west',
  state: 'failed',
  ...dates,
  reason: 'the key is not here',
  code: 'CA_KEY_MISSING',
  hint: 'import it',
};
const endless: RenewalItem = {
  what: 'token',
  cluster: 'east',
  target: 'west',
  state: 'renewed',
  reason: 'under a third of its life is left',
  renewFrom: dates.renewFrom,
};
const unseen: RenewalItem = {
  what: 'token',
  cluster: 'west',
  target: 'east',
  state: 'unseen',
  reason: 'it does not answer',
  code: 'CLUSTER_UNREACHABLE',
};
const reportOf = (...items: RenewalItem[]): RenewalReport => ({
  mesh: 'demo',
  time: new Date('2026-12-01T00:00:00Z'),
  planned: false,
  items,
});

describe('renderRenewal', () => {
  it('shows each thing, why it is not good and what to do', () => {
    expect(
      renderRenewal(reportOf(good, failed, endless, unseen), 'table', { width: 200 }),
    ).toMatchInlineSnapshot(`
        "CLUSTER  WHAT                   STATE    RENEWED FROM  ENDS
        east     certificate authority  good     2027-01-27    2027-02-26
        west     certificate authority  failed   2027-01-27    2027-02-26
        east     token for west         renewed  2027-01-27    with its Secret
        west     token for east         unseen

        west, certificate authority: CA_KEY_MISSING the key is not here
          fix  import it
        east, token for west: under a third of its life is left
        west, token for east: CLUSTER_UNREACHABLE it does not answer

        1 renewed, 1 failed, 1 could not be looked at, 1 not due"
      `);
  });

  it('says of a plan that nothing was changed', () => {
    const plan = { ...reportOf({ ...good, state: 'due' }), planned: true };
    expect(renderRenewal(plan, 'table')).toContain('1 due; nothing was changed');
    expect(renderRenewal(reportOf(good), 'table')).toContain('nothing is due: 1 looked at');
  });

  it('counts in JSON, for an alarm', () => {
    const report = JSON.parse(renderRenewal(reportOf(good, failed, endless, unseen), 'json'));
    expect(report).toMatchObject({
      kind: 'RenewalReport',
      summary: { good: 1, due: 0, renewed: 1, failed: 1, unseen: 1 },
    });
  });
});

describe('exitCodeOfRenewal', () => {
  it.each([
    [0, [good, endless]],
    [0, [{ ...good, state: 'due' as const }]],
    [1, [good, failed, unseen]],
    [4, [good, unseen]],
    [3, [{ ...unseen, code: 'AWS_CREDENTIALS_MISSING' as const }]],
  ])('is %i', (code, items) => {
    expect(exitCodeOfRenewal(reportOf(...items))).toBe(code);
  });
});
