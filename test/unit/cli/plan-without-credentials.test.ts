import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isthmus } from './command-line.ts';

vi.setConfig({ testTimeout: 120_000 });

const config = `[profile anna]
aws_access_key_id = AKIAOFANNA
aws_secret_access_key = planted-long-term-key
[profile mesh-admin]
role_arn = arn:aws:iam::111122223333:role/mesh-admin
source_profile = anna
mfa_serial = arn:aws:iam::111122223333:mfa/anna
[profile ended]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = engineer
[sso-session corp]
sso_start_url = https://corp.example/start
sso_region = us-east-2
`;

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'plan-without-'));
  vi.stubEnv('HOME', home);
  vi.stubEnv('XDG_DATA_HOME', home);
  vi.stubEnv('AWS_CONFIG_FILE', join(home, 'config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(home, 'absent'));
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  // Nothing listens there: whoever has keys is told that.
  vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
  for (const name of ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'])
    vi.stubEnv(name, undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

/** The plan of a mesh with one cluster on EKS, as JSON. */
async function plan(profile?: string) {
  const file = join(home, 'mesh.yaml');
  const named = profile ? `, profile: ${profile}` : '';
  const cluster = `{name: a, provider: eks, region: eu-west-1, cidr: 10.1.0.0/16${named}}`;
  const services = 'services: [{host: catalog.shop, failover: [a]}]';
  const head = 'apiVersion: isthmus/v1alpha1\nkind: Mesh\nmetadata: {name: demo}\n';
  await writeFile(file, `${head}spec:\n  clusters: [${cluster}]\n  ${services}\n`);
  const { exitCode, stdout } = await isthmus(['-f', file, 'plan', '-o', 'json']);
  return { exitCode, report: JSON.parse(stdout) };
}

/** What is there is not known, so nothing is said to be made. */
const unknown = (message: string) => ({
  exitCode: 3,
  report: {
    changes: 0,
    clusters: [
      {
        cluster: 'a',
        state: 'unknown',
        unseen: { code: 'AWS_CREDENTIALS_MISSING', message: expect.stringContaining(message) },
        changes: [],
      },
    ],
  },
});

test.each([
  ['wants a code', 'mesh-admin', 'requires multi-factor authentication'],
  ['has no SSO session', 'ended', 'SSO'],
  ['nobody wrote', 'absent', 'absent'],
])('with a profile that %s, an existing mesh does not look new', async (_, profile, said) => {
  await writeFile(join(home, 'config'), config);
  expect(await plan(profile)).toMatchObject(unknown(said));
});

test.each([
  ['AWS_PROFILE', 'mesh-admin', 'requires multi-factor authentication'],
  ['AWS_DEFAULT_PROFILE', 'mesh-admin', 'requires multi-factor authentication'],
])('nor where %s names the profile', async (variable, profile, said) => {
  await writeFile(join(home, 'config'), config);
  vi.stubEnv(variable, profile);
  expect(await plan()).toMatchObject(unknown(said));
});

test('nor where there are profiles, but none is named', async () => {
  await writeFile(join(home, 'config'), config);
  expect(await plan()).toMatchObject(unknown('asking who the default AWS identity is'));
});

test('who has neither keys nor a profile sees what would be made from nothing', async () => {
  await writeFile(join(home, 'config'), '[default]\nregion = eu-west-1\n');
  const { exitCode, report } = await plan();
  expect(exitCode).toBe(3);
  const [cluster] = report.clusters;
  expect(cluster).toMatchObject({ state: 'unknown', unseen: { code: 'AWS_CREDENTIALS_MISSING' } });
  expect(cluster.changes[0]).toMatchObject({
    action: 'create',
    what: 'CloudFormation stack isthmus-demo-a in eu-west-1',
    details: expect.arrayContaining(['no AWS credentials: shown as if nothing existed yet']),
  });
  expect(cluster.changes.map(({ what }: { what: string }) => what)).toContain('istiod');
});
