import { expect, test } from 'vitest';
import { awsError } from '../../../src/eks/aws/aws-error.ts';
import { principalOf } from '../../../src/eks/aws/principal.ts';
import { redact } from '../../../src/eks/aws/redact.ts';

const named = (name: string, message: string) =>
  Object.assign(new Error(message), { name, $response: { headers: { authorization: 'planted' } } });

test.each([
  ['CredentialsProviderError', 'AWS_CREDENTIALS_MISSING', /sso login/],
  ['ExpiredToken', 'AWS_CREDENTIALS_MISSING', /sso login/],
  ['AccessDenied', 'AWS_REFUSED', /isthmus plan/],
  ['UnauthorizedOperation', 'AWS_REFUSED', /isthmus plan/],
  ['Throttling', 'AWS_REFUSED', /in a minute/],
  ['ECONNREFUSED', 'AWS_REFUSED', /AWS_ENDPOINT_URL/],
  ['AbortError', 'INTERRUPTED', undefined],
])('%s is %s', (name, code, hint) => {
  const error = awsError(named(name, 'no.'), 'listing stacks');
  expect(error.code).toBe(code);
  if (hint) expect(error.hint).toMatch(hint);
  expect(error.message).toContain('while listing stacks');
});

test('never keeps the SDK’s error, whose request is signed, nor repeats what a signature was made of', () => {
  const error = awsError(
    named('SignatureDoesNotMatch', 'the canonical string was x-amz-security-token:planted-session'),
    'listing stacks',
  );
  expect(error.cause).toBeUndefined();
  expect(JSON.stringify([error.message, error.hint, error.stack])).not.toContain('planted');
});

test.each([
  'Bearer k8s-aws-v1.aHR0cHM6Ly9wbGFudGVk',
  'https://sts/?X-Amz-Security-Token=planted&a=b',
  'https://sts/?X-Amz-Signature=planted',
  'key AKIAPLANTED000000000 is wrong',
  '{"SecretAccessKey": "planted"}',
  'aws_session_token = planted',
])('removes the secret from %s', (text) => {
  expect(redact(text)).toContain('[removed]');
  expect(redact(text)).not.toMatch(/planted|aHR0cHM6/i);
});

test('knows a principal by any of its names', () => {
  const role = '111122223333 role ops';
  expect(principalOf('arn:aws:iam::111122223333:role/team/ops')).toBe(role);
  expect(principalOf('arn:aws:sts::111122223333:assumed-role/ops/anna')).toBe(role);
  expect(principalOf('arn:aws:iam::111122223333:user/ops')).not.toBe(role);
});
