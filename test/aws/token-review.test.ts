import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EmulatedUser, Emulator } from './emulator/emulator.ts';
import { eksToken } from './support/eks-token.ts';
import { meshOf, region, Stacks, templateOf } from './support/stacks.ts';

interface Review {
  readonly status: { authenticated: boolean; error?: string; user?: { username: string; groups: string[] } };
}

const cluster = 'isthmus-demo-east';
let emulator: Emulator;
let deployer: EmulatedUser;
let admin: EmulatedUser;
let stranger: EmulatedUser;

beforeAll(async () => {
  emulator = await Emulator.start();
  deployer = await emulator.createUser('deployer');
  admin = await emulator.createUser('admin');
  stranger = await emulator.createUser('stranger');
  const topology = meshOf('demo', ['east'], [`adminPrincipals: ["${admin.arn}"]`]);
  const stacks = new Stacks(emulator, deployer);
  await stacks.deploy('east', await templateOf(topology), 'CREATE');
  expect((await stacks.settled('east')).StackStatus).toBe('CREATE_COMPLETE');
});

afterAll(async () => {
  await emulator?.stop();
});

async function review(token: string): Promise<Review['status']> {
  const answer = await fetch(emulator.tokenReviewUrl(region, cluster), {
    method: 'POST',
    body: JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } }),
  });
  return ((await answer.json()) as Review).status;
}

test('the deployer and the principals of the file are administrators', async () => {
  for (const user of [deployer, admin]) {
    const { authenticated, user: seen } = await review(await eksToken({ user, region, cluster }));
    expect({ authenticated, seen }).toMatchObject({
      authenticated: true,
      seen: { username: user.arn, groups: ['system:masters'] },
    });
  }
});

test.each([
  ['another principal', () => eksToken({ user: stranger, region, cluster }), 'no access entry'],
  [
    'another cluster',
    () => eksToken({ user: admin, region, cluster: 'other' }),
    'signature is not of cluster',
  ],
  [
    'another secret',
    () => eksToken({ user: { ...admin, secretAccessKey: 'wrong' }, region, cluster }),
    'signature is not of cluster',
  ],
  [
    'an old token',
    () => eksToken({ user: admin, region, cluster, signedAt: new Date(Date.now() - 20 * 60_000) }),
    'was signed',
  ],
  [
    'a token that would live too long',
    () => eksToken({ user: admin, region, cluster, expiresIn: 3600 }),
    'longer than 15 minutes',
  ],
  ['something else', async () => 'k8s-aws-v2.abc', 'does not start with'],
])('refuses %s', async (_, make, reason) => {
  const token = await make();
  const status = await review(token);
  expect(status.authenticated).toBe(false);
  expect(status.error).toContain(reason);
  expect(status.error).not.toContain(token);
});
