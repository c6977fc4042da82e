import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Authority, issueIntermediate, loadRoot, toSecretData } from '../../src/pki/index.ts';
import { loadTopology } from '../../src/topology/index.ts';
import type { Bed } from './bed.ts';

/** The root that `up` made for a bed's mesh and keeps in its data folder. */
export async function bedRoot(bed: Bed): Promise<Authority> {
  const { name } = await loadTopology(bed.file);
  const folder = join(bed.env['XDG_DATA_HOME'] ?? '', 'isthmus', name, 'root-ca');
  const read = (file: string) => readFile(join(folder, file), 'utf8');
  const [certificatePem, keyPem] = [await read('root-cert.pem'), await read('root-key.pem')];
  return loadRoot({ certificatePem, keyPem, where: folder });
}

/** `data` of a Secret `cacerts`: an intermediate of 90 days below this root that was issued so many days ago. */
export async function authorityAged(
  root: Authority,
  cluster: string,
  days: number,
): Promise<Record<string, string>> {
  const intermediate = await issueIntermediate({
    root,
    cluster,
    meshName: 'somebody',
    days: 90,
    algorithm: 'ecdsa-p256',
    trustDomain: 'cluster.local',
    now: new Date(Date.now() - days * 86_400_000),
  });
  return Object.fromEntries(
    Object.entries(toSecretData(intermediate, root)).map(([key, pem]) => [
      key,
      Buffer.from(pem).toString('base64'),
    ]),
  );
}

/** Change `istio-system/cacerts` as somebody with kubectl would; `managed: false` makes it somebody else's. */
export async function patchAuthority(
  bed: Bed,
  cluster: string,
  patch: { readonly data: Readonly<Record<string, string>>; readonly managed: boolean },
): Promise<void> {
  const labels = { 'app.kubernetes.io/managed-by': patch.managed ? 'isthmus' : null };
  const text = JSON.stringify({ metadata: { labels }, data: patch.data });
  await bed.ok(cluster, [
    '-n',
    'istio-system',
    'patch',
    'secret',
    'cacerts',
    '--type=merge',
    '--patch',
    text,
  ]);
}
