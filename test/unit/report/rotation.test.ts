import { describe, expect, it } from 'vitest';
import { exitCodeOfRotation, type LoadReport, type RotationReport } from '../../../src/report/index.ts';

const load: LoadReport = {
  rate: 50,
  seconds: 1,
  sent: 10,
  lost: 0,
  newConnections: 5,
  failedConnections: 0,
  pairs: [],
  periods: [],
  losses: [],
};
const report: RotationReport = {
  mesh: 'demo',
  what: 'root',
  end: 'done',
  from: [],
  to: { subject: 'CN=new', fingerprint: 'ab' },
  position: {},
  steps: [],
  seconds: 1,
  load,
  proofs: [{ cluster: 'a', by: 'sidecar', state: 'refused', detail: '' }],
  notes: [],
};
const proof = (state: RotationReport['proofs'][number]['state']) => [
  { cluster: 'a', by: 'gateway' as const, state, detail: '' },
];

describe('exitCodeOfRotation', () => {
  it.each<[string, Partial<RotationReport>, 0 | 1]>([
    ['nothing lost and the old root refused', {}, 0],
    ['a lost request', { load: { ...load, lost: 1 } }, 1],
    ['a failed connection', { load: { ...load, failedConnections: 1 } }, 1],
    ['connections that nobody counted', { load: { ...load, failedConnections: undefined } }, 1],
    ['an old certificate that is still taken', { proofs: proof('accepted') }, 1],
    ['a refusal that is not proved', { proofs: proof('unproven') }, 1],
    ['no requests, as the user wished', { load: undefined }, 0],
    ['a plan', { end: 'planned', load: undefined, proofs: [] }, 0],
    ['a root that is in place', { end: 'unchanged', load: undefined, proofs: [] }, 0],
  ])('%s', (_, more, code) => {
    expect(exitCodeOfRotation({ ...report, ...more })).toBe(code);
  });
});
