import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Bed } from '../../e2e/bed.ts';
import { type Fault, heal, type Pairing } from '../fault.ts';
import { readSecret } from '../remote-secret.ts';

/** An API server remembers for some seconds that it took a token. */
async function waitForRefusal(bed: Bed, mesh: Pairing): Promise<void> {
  const { data } = await readSecret(bed, mesh);
  const kubeconfig = parse(Buffer.from(data[mesh.there] ?? '', 'base64').toString()) as {
    users: { user: { token: string } }[];
  };
  const spec = { token: kubeconfig.users[0]?.user.token };
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec };
  const file = join(bed.folder, 'review.json');
  await writeFile(file, JSON.stringify(review), { mode: 0o600 });
  const ask = ['create', '-f', file, '-o', 'jsonpath={.status.authenticated}'];
  const until = Date.now() + 60_000;
  while ((await bed.ok(mesh.there, ask)) === 'true')
    if (Date.now() > until) throw new Error('the token is still taken');
}

export default {
  pain: 'B6',
  title: 'the token of a remote secret is no longer valid',
  done: 'what the token is bound to is deleted, so that the API server refuses it as it does an expired one',
  inject: async (bed, mesh) => {
    const holder = `isthmus.io/remote-secret-holder=${mesh.here}`;
    await bed.ok(mesh.there, ['-n', 'istio-system', 'delete', 'secret', '-l', holder]);
    await waitForRefusal(bed, mesh);
  },
  expects: {
    check: 'secrets',
    names: [/^eks-1 Secret istio-system\/istio-remote-secret-eks-2 eks-2 does not accept its token/m],
  },
  follows: [],
  points: /token|secret|unauthorized|remote/i,
  undo: heal,
} satisfies Fault;
