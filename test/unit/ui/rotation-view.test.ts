import { describe, expect, it } from 'vitest';
import type { RotationReport } from '../../../src/report/index.ts';
import { renderRotation, rotationPage } from '../../../src/ui/index.ts';

const report: RotationReport = {
  mesh: 'demo',
  what: 'root',
  end: 'done',
  from: [{ subject: 'CN=old', fingerprint: 'a'.repeat(64) }],
  to: { subject: 'CN=<new> & "one"', fingerprint: 'b'.repeat(64) },
  position: { east: 'old', west: 'both' },
  steps: [{ phase: 'trust both', title: 'every istiod has it', clusters: ['east'], seconds: 1.25 }],
  seconds: 57.4,
  load: {
    rate: 50,
    seconds: 50,
    sent: 100,
    lost: 1,
    newConnections: 40,
    failedConnections: 0,
    pairs: [
      {
        from: 'east',
        to: 'west',
        kept: 50,
        fresh: 49,
        newConnections: 40,
        failedConnections: 0,
        p50Ms: 9,
        p99Ms: 30,
      },
    ],
    periods: [
      { name: 'trust both: a', sent: 60, lost: 0, p50Ms: 9, p99Ms: 20 },
      { name: 'trust both: b', sent: 40, lost: 1, p50Ms: 9, p99Ms: 30 },
    ],
    losses: [{ from: 'east', connection: 'fresh', period: 'trust both: b', reason: 'status 503', count: 1 }],
  },
  proofs: [{ cluster: 'east', by: 'sidecar', state: 'unproven', detail: 'no | key' }],
  notes: [],
};

describe('renderRotation', () => {
  it('shows phases, pairs, losses, proofs and the verdict', () => {
    expect(renderRotation(report, 'table', { width: 200 })).toMatchInlineSnapshot(`
      "from  aaaaaaaaaaaaaaaa (CN=old)
      to    bbbbbbbbbbbbbbbb (CN=<new> & "one")
      was   east old, west both

      PHASE       ACT OR GATE          CLUSTERS  SECONDS
      trust both  every istiod has it  east      1.3

      REQUESTS DURING  SENT  LOST  WORST P99 MS
      trust both       100   1     30

      PAIR         ANSWERED  KEPT  FRESH  NEW CONNECTIONS  OF THEM FAILED  P50 MS  P99 MS
      east → west  99        50    49     40               0               9       30

      lost 1 from east (fresh) during trust both: b: status 503

      unproven  old certificate, sidecar of east: no | key

      rotated the root in 57 s: 100 requests sent, 1 lost; 40 new connections, 0 failed"
    `);
  });

  it('is the report itself as JSON', () => {
    expect(JSON.parse(renderRotation(report, 'json'))).toMatchObject({ mesh: 'demo', load: { lost: 1 } });
  });

  it('says before the start where the point of no return is', () => {
    const planned = { ...report, end: 'planned' as const, steps: [], load: undefined, proofs: [] };
    const text = renderRotation(planned, 'table');
    expect(text.indexOf('no way back')).toBeGreaterThan(text.indexOf('2 sign new'));
    expect(text.indexOf('no way back')).toBeLessThan(text.indexOf('3 drop old'));
  });
});

describe('rotationPage', () => {
  it('needs nothing from elsewhere and takes no text for markup', () => {
    const page = rotationPage(report, 'html');
    expect(page).toContain('CN=&lt;new&gt; &amp; &quot;one&quot;');
    expect(page).toContain('100 requests sent, 1 lost');
    expect(page).not.toMatch(/<(script|link|img)|https?:/);
  });

  it('keeps its tables whole as Markdown', () => {
    expect(rotationPage(report, 'markdown')).toContain('| east | sidecar | unproven | no \\| key |');
  });
});
