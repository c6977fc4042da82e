import { describe, expect, it } from 'vitest';
import { IsthmusError } from '../../../src/errors/index.ts';
import type { PlanReport, StatusReport } from '../../../src/report/index.ts';
import {
  formatDuration,
  formatError,
  formatErrorJson,
  formatSize,
  renderContexts,
  renderDown,
  renderPlan,
  renderResults,
  renderStatus,
  renderToolchain,
  renderUp,
} from '../../../src/ui/index.ts';
import { results } from './recorded-run.ts';

const plan: PlanReport = {
  mesh: 'demo',
  changes: 3,
  notes: ['a new root certificate will be made'],
  clusters: [
    {
      cluster: 'eks-1',
      provider: 'local',
      state: 'present',
      changes: [{ action: 'none', what: 'local node', details: [] }],
    },
    {
      cluster: 'eks-2',
      provider: 'local',
      state: 'absent',
      changes: [
        { action: 'create', what: 'local node', details: [] },
        { action: 'update', what: 'Deployment istio-system/istiod', details: ['spec.replicas: 1 → 2'] },
        { action: 'remove', what: 'Gateway istio-system/old', details: [] },
      ],
    },
  ],
};

const day = 86_400_000;
const time = new Date('2026-01-01T00:00:00Z');
const after = (days: number) => new Date(time.getTime() + days * day);
const status: StatusReport = {
  mesh: 'demo',
  time,
  clusters: [
    {
      cluster: 'eks-1',
      provider: 'local',
      network: 'network1',
      state: 'ready',
      detail: '1 node',
      version: 'v1.36.3',
      istiod: { ready: 1, total: 1, version: '1.31.0' },
      gateways: [{ name: 'istio-eastwestgateway', addresses: ['10.255.0.10'], ready: 1, total: 1 }],
      certificates: {
        root: { subject: 'CN=root', fingerprint: '9a8b', notAfter: after(3650) },
        intermediate: { subject: 'CN=eks-1', fingerprint: '77', notAfter: after(89) },
      },
      remotes: [
        {
          peer: 'eks-2',
          istiod: 'istiod-abc',
          synced: false,
          state: 'timeout',
          token: { access: 'bounded', issued: after(-30), expires: after(60) },
        },
        {
          peer: 'eks-3',
          istiod: 'istiod-abc',
          synced: true,
          state: 'synced',
          token: { access: 'secret', issued: after(-30) },
        },
      ],
      problems: ['eks-2 is not synced'],
    },
    {
      cluster: 'eks-2',
      provider: 'local',
      network: 'network2',
      state: 'absent',
      detail: 'not made yet',
      gateways: [],
      certificates: {},
      remotes: [],
      problems: [],
    },
  ],
};

describe('results', () => {
  it.each(['table', 'json', 'junit'] as const)('as %s', async (format) => {
    await expect(`${await renderResults(results, format)}\n`).toMatchFileSnapshot(
      `./golden/results-${format}.golden.txt`,
    );
  });

  it('wraps findings to the width and leaves no colour when not asked', async () => {
    const text = await renderResults(results, 'table', { width: 60 });
    expect(text).not.toContain('\u001b[');
    for (const line of text.split('\n').filter((one) => one.startsWith('    ')))
      expect(line.length).toBeLessThanOrEqual(60);
    expect(await renderResults(results, 'table', { color: true })).toContain('\u001b[31mfail');
  });

  it('says so when nothing was checked', async () => {
    expect(await renderResults([], 'table')).toContain('0 results: nothing was checked');
  });
});

describe('plan', () => {
  it('as table', async () => {
    await expect(`${renderPlan(plan, 'table')}\n`).toMatchFileSnapshot('./golden/plan.golden.txt');
  });

  it('as json keeps every field in a stable envelope', () => {
    const { kind, apiVersion, ...rest } = JSON.parse(renderPlan(plan, 'json'));
    expect({ kind, apiVersion }).toEqual({ kind: 'PlanReport', apiVersion: 'isthmus/v1alpha1' });
    expect(rest).toEqual(plan);
  });

  it('says that there is nothing to change', () => {
    expect(renderPlan({ ...plan, changes: 0, clusters: [], notes: [] }, 'table')).toBe(
      'mesh demo: nothing to change',
    );
  });
});

describe('clusters that could not be looked at', () => {
  const code = 'CLUSTER_UNREACHABLE';
  const message = 'eks-3 at https://192.0.2.1 does not answer: no route to it';
  const unseen = { cluster: 'eks-3', code, message, hint: 'check the VPN' } as const;

  it('are said as that by plan, without any change of theirs', () => {
    const away = {
      cluster: 'eks-3',
      provider: 'existing',
      state: 'unreachable',
      unseen,
      changes: [],
    } as const;
    const text = renderPlan({ ...plan, notes: [], clusters: [...plan.clusters, away] }, 'table');
    expect(text).toContain(`eks-3 (existing): unreachable: ${message}\n  fix  check the VPN\n`);
    expect(text.split('\n').at(-1)).toBe(
      'mesh demo: 3 changes; `isthmus up` makes them; 1 cluster could not be looked at',
    );
    const verdictOf = (...clusters: (typeof plan.clusters)[number][]) =>
      renderPlan({ ...plan, changes: 0, notes: [], clusters }, 'table')
        .split('\n')
        .at(-1);
    const still = { ...away, cluster: 'eks-1', state: 'present', unseen: undefined } as const;
    expect(verdictOf(still, away)).toBe(
      'mesh demo: nothing to change in the others; 1 cluster could not be looked at',
    );
    expect(verdictOf(away)).toBe('mesh demo: 1 cluster could not be looked at');
  });

  it('are said as that by status, with what the provider knows and what to do', () => {
    const [, absent] = status.clusters;
    if (!absent) throw new Error('no second cluster');
    const away = {
      ...absent,
      cluster: 'eks-3',
      state: 'unreachable' as const,
      detail: 'EKS is ACTIVE',
      unseen,
      problems: [`connection: ${code} ${message}`],
    };
    const text = renderStatus({ ...status, clusters: [away] });
    expect(text).toMatch(/eks-3 +local +network2 +unreachable/);
    expect(text.split('\n').slice(-3)).toEqual([
      '! eks-3: EKS is ACTIVE',
      `! eks-3: connection: ${code} ${message}`,
      '! eks-3: check the VPN',
    ]);
  });

  it('have a row among the contexts that were written', () => {
    const report = { path: '/k', added: ['eks-1'], replaced: [], unchanged: [], unseen: [unseen] };
    expect(renderContexts(report, 'table').split('\n')).toEqual([
      'CONTEXT  CHANGE       DETAIL',
      'eks-1    added        /k',
      `eks-3    unreachable  ${message}`,
    ]);
    expect(renderContexts({ ...report, unseen: [] }, 'table')).toBe(
      'CONTEXT  CHANGE  KUBECONFIG\neks-1    added   /k',
    );
  });
});

describe('status', () => {
  it('as table', async () => {
    await expect(`${renderStatus(status)}\n`).toMatchFileSnapshot('./golden/status.golden.txt');
  });
});

describe('errors', () => {
  const error = new IsthmusError('MESH_FILE_INVALID', 'two things are wrong in mesh.yaml', {
    hint: 'correct the lines named above',
    where: { file: 'mesh.yaml', line: 3, column: 5 },
    problems: [
      {
        message: 'cidr 10.1.0.0/8 overlaps eks-1’s',
        where: { file: 'mesh.yaml', line: 12, column: 9, path: 'spec.clusters[1].cidr' },
        hint: 'choose another',
      },
      { message: 'no clusters' },
    ],
  });

  it('show code, place, problems, fix and page', async () => {
    await expect(`${formatError(error)}\n`).toMatchFileSnapshot('./golden/error.golden.txt');
  });

  it('as json', () => {
    const parsed = JSON.parse(formatErrorJson(error));
    expect(parsed).toMatchObject({ kind: 'Error', code: 'MESH_FILE_INVALID', source: 'user' });
    expect(parsed.problems).toHaveLength(2);
  });
});

it.each([
  [0, '0 ms'],
  [999.4, '999 ms'],
  [1000, '1.0 s'],
  [59_949, '59.9 s'],
  [59_960, '1 min 00 s'],
  [125_000, '2 min 05 s'],
  [3_599_600, '1 h 00 min'],
])('%d ms is %s', (milliseconds, text) => expect(formatDuration(milliseconds)).toBe(text));

it.each([
  [512, '512 B'],
  [80_400_000, '80.4 MB'],
  [999_990_000, '1.0 GB'],
])('%d bytes are %s', (bytes, text) => expect(formatSize(bytes)).toBe(text));

it('shows the toolchain', () => {
  const rows = [{ name: 'etcd', version: '3.6.8', cached: false, bytes: 0, source: 'Go module' }];
  expect(renderToolchain(rows)).toBe(
    'TOOL  VERSION  STATE    SIZE  SOURCE\netcd  3.6.8    missing  -     Go module',
  );
});

describe('up and down', () => {
  it('say what changed after the results', async () => {
    const text = await renderUp({ clusters: ['eks-1'], changes: [{}, {}], left: [], results }, 'table');
    expect(text.split('\n').at(-1)).toBe('1 cluster and 2 objects changed');
    expect(await renderUp({ clusters: [], changes: [], left: [], results: [] }, 'table')).toBe(
      'nothing changed',
    );
    expect(
      JSON.parse(await renderUp({ clusters: [], changes: [], left: [], results }, 'json')).summary.fail,
    ).toBe(1);
  });

  it('name what is left', () => {
    const clean = { removed: ['eks-1'], unreachable: [], leftovers: [], kept: [] };
    expect(renderDown(clean, 'table')).toBe('removed eks-1; nothing is left');
    const bridge = { removed: [], unreachable: [], leftovers: [{ kind: 'bridge', id: 'br0' }], kept: [] };
    expect(renderDown(bridge, 'table')).toBe(
      'LEFT    ID   CLUSTER  DETAIL\nbridge  br0  -\n\nnothing to remove; 1 thing left',
    );
  });

  it('say how what is left is removed, where that can be told', () => {
    const group = { kind: 'log group', id: '/aws/eks/a/cluster', removedBy: 'aws logs delete-log-group a' };
    const text = renderDown({ removed: [], unreachable: [], kept: [], leftovers: [group] }, 'table');
    expect(text).toContain(
      '\n\nonce nobody needs them, they are removed by\n  aws logs delete-log-group a\n',
    );
  });

  it('have a row for each cluster where one did not answer', () => {
    const text = renderDown(
      {
        removed: ['eks-1'],
        unreachable: [{ cluster: 'eks-2', code: 'CLUSTER_UNREACHABLE', message: 'eks-2 does not answer' }],
        kept: [],
        leftovers: [],
      },
      'table',
    );
    expect(text.split('\n')).toEqual([
      'CLUSTER  STATE        DETAIL',
      'eks-1    removed',
      'eks-2    unreachable  eks-2 does not answer',
      '',
      expect.stringMatching(
        /^REMOVE_INCOMPLETE: what isthmus made in eks-2 is left; the root authority is kept/,
      ),
    ]);
  });
});
