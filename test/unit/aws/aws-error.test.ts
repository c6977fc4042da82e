import { expect, test } from 'vitest';
import { awsError, isMissing } from '../../../src/aws/aws-error.ts';
import { principalOf } from '../../../src/aws/principal.ts';
import { redact } from '../../../src/report/index.ts';

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

const answered = (name: string, message: string, httpStatusCode = 400) =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode, attempts: 1 } });

test.each([
  ['CloudFormation', answered('ValidationError', 'Stack with id isthmus-demo-east does not exist')],
  ['EKS', answered('ResourceNotFoundException', 'No cluster found for name: east.', 404)],
  ['ELB', answered('LoadBalancerNotFoundException', 'One or more load balancers not found')],
  ['EC2', answered('InvalidVpcID.NotFound', "The vpc ID 'vpc-1' does not exist")],
  ['ours of it', awsError(answered('TargetGroupNotFoundException', 'gone'), 'listing')],
])('%s says that a thing does not exist', (_service, error) => {
  expect(isMissing(error)).toBe(true);
});

const network = (code: string, message: string) =>
  Object.assign(new Error(message), { code, name: 'Error', $metadata: { attempts: 3 } });

test.each([
  ['a name server', network('ENOTFOUND', 'getaddrinfo ENOTFOUND eks.eu-west-1.amazonaws.com')],
  ['a broken connection', network('ECONNRESET', 'the peer does not exist any more')],
  ['a denial', answered('AccessDenied', 'role x does not exist or may not', 403)],
  ['a wrong template', answered('ValidationError', 'Template format error')],
  ['a failing service', answered('ResourceNotFoundException', 'try again', 503)],
  ['ours of a name server', awsError(network('ENOTFOUND', 'getaddrinfo ENOTFOUND'), 'looking')],
])('%s says nothing of the thing asked for', (_who, error) => {
  expect(isMissing(error)).toBe(false);
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
  expect(redact(text)).toContain('removed]');
  expect(redact(text)).not.toMatch(/planted|aHR0cHM6/i);
});

test('knows a principal by any of its names', () => {
  const role = '111122223333 role ops';
  expect(principalOf('arn:aws:iam::111122223333:role/team/ops')).toBe(role);
  expect(principalOf('arn:aws:sts::111122223333:assumed-role/ops/anna')).toBe(role);
  expect(principalOf('arn:aws:iam::111122223333:user/ops')).not.toBe(role);
});
