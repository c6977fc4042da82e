import { expect, test } from 'vitest';
import { awsError, throughBlinks } from '../../../src/aws/index.ts';
import { remedyFor } from '../../../src/eks/stack/stack-failure.ts';
import { NotReady } from '../../../src/process/index.ts';

const sdkError = (name: string, status?: number) =>
  Object.assign(new Error(`${name} happened`), {
    name,
    ...(status === undefined ? {} : { $metadata: { httpStatusCode: status } }),
  });

test.each([
  ['ThrottlingException', 400],
  ['ENOTFOUND', undefined],
  ['EAI_AGAIN', undefined],
  ['ExpiredTokenException', 400],
  ['InternalFailure', 500],
])('%s does not end a wait, and does once nothing else has come for five minutes', async (name, status) => {
  let now = 0;
  const error = awsError(sdkError(name, status), 'looking');
  const probe = throughBlinks(
    async () => {
      throw error;
    },
    () => now,
  );
  await expect(probe()).rejects.toBeInstanceOf(NotReady);
  now = 299_000;
  await expect(probe()).rejects.toBeInstanceOf(NotReady);
  now = 300_000;
  await expect(probe()).rejects.toBe(error);
});

test('a good answer in between begins the time anew', async () => {
  let now = 0;
  let fails = true;
  const probe = throughBlinks(
    async () => {
      if (fails) throw awsError(sdkError('ThrottlingException', 400), 'looking');
      return 'fine';
    },
    () => now,
  );
  await expect(probe()).rejects.toBeInstanceOf(NotReady);
  fails = false;
  expect(await probe()).toBe('fine');
  fails = true;
  now = 400_000;
  await expect(probe()).rejects.toBeInstanceOf(NotReady);
});

test.each(['AccessDenied', 'ValidationError', 'InvalidClientTokenId'])('%s ends it at once', async (name) => {
  const error = awsError(sdkError(name, 403), 'looking');
  const probe = throughBlinks(async () => {
    throw error;
  });
  await expect(probe()).rejects.toBe(error);
});

test.each([
  [
    'is not authorized to perform: ec2:CreateVpc with an explicit deny in a service control policy',
    /organisation/,
  ],
  ['because no service control policy allows the ec2:CreateVpc action', /organisation/],
  ['because no permissions boundary allows the iam:CreateRole action', /widen the boundary/],
  ['with an explicit deny in a permissions boundary', /widen the boundary/],
  ['because no session policy allows the eks:CreateCluster action', /sign in without that policy/],
  ['with an explicit deny in an identity-based policy', /denies it outright/],
  [
    'because no identity-based policy allows the eks:CreateCluster action',
    /policy that `isthmus plan` shows/,
  ],
])('a denial %s is told apart', (said, hint) => {
  const error = Object.assign(new Error(said), { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
  expect(awsError(error, 'looking').hint).toMatch(hint);
  expect(remedyFor(`User: x is not authorized to perform ${said}`)).toMatch(
    /isthmus plan/.test(String(hint)) ? /isthmus plan/ : hint,
  );
});
