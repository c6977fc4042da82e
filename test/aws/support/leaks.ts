/** Shapes of what must never be shown, whoever's it is. */
const shapes: Readonly<Record<string, RegExp>> = {
  'EKS token': /k8s-aws-v1\.[\w-]{20}/,
  'presigned signature': /X-Amz-Signature(=|%3D)[0-9a-f]/i,
  'presigned session token': /X-Amz-Security-Token(=|%3D)\w/i,
  'private key': /BEGIN [A-Z ]*PRIVATE KEY/,
  'private key in base64': /LS0tLS1CRUdJTi[\w+/]*UFJJVkFURSBLRVk|LS0tLS1CRUdJTiBQUklWQVRF/,
  'service-account token': /\beyJhbGci[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/,
};

/** One way of writing each secret that might slip through a filter for another. */
function writings(secret: string): string[] {
  const base64 = Buffer.from(secret).toString('base64');
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), base64.replace(/=+$/, '')];
}

/** What a text gives away: names of the planted secrets and of the shapes in it. */
export function leaksIn(text: string, planted: Readonly<Record<string, string>>): string[] {
  const named = Object.entries(planted).filter(([, secret]) =>
    writings(secret).some((writing) => text.includes(writing)),
  );
  const shaped = Object.entries(shapes).filter(([, shape]) => shape.test(text));
  return [...named, ...shaped].map(([name]) => name);
}

/** One example of each shape, to prove that it would be found. */
export const examples: Readonly<Record<string, string>> = {
  'EKS token': `k8s-aws-v1.${'aHR0cHM6Ly9zdHMuZXUt'.repeat(3)}`,
  'presigned signature': 'https://sts.example/?X-Amz-Signature=0a1b2c',
  'presigned session token': 'https://sts.example/?X-Amz-Security-Token=IQoJ',
  'private key': '-----BEGIN EC PRIVATE KEY-----',
  'private key in base64': Buffer.from('-----BEGIN PRIVATE KEY-----\nMIG').toString('base64'),
  'service-account token': 'eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJpc3MiOiJrdWJlIn0.c2lnbmF0dXJlLWJ5dGVz',
};
