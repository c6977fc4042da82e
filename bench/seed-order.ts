import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

export interface SeedOrderOptions {
  readonly isthmus: (...args: string[]) => PromiseLike<{ stdout: string }>;
  /** A mesh file of two local clusters that are up. */
  readonly file: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The pattern that isthmus replaces, on the same clusters: certificates with openssl, then istiod,
 * gateways and samples with istioctl and kubectl, one cluster after the other, then remote secrets.
 * The mesh is taken out of the clusters first; the clusters themselves are not part of the figure.
 */
export async function seedOrder({ isthmus, file, folder, env }: SeedOrderOptions): Promise<string> {
  await isthmus('-f', file, 'contexts');
  const bin = (await isthmus('toolchain', 'path')).stdout.trim();
  const work = join(folder, 'seed');
  await mkdir(work, { recursive: true });
  await writeFile(join(work, 'seed.sh'), script);
  const run = (...args: string[]) =>
    execa('bash', [join(work, 'seed.sh'), ...args], {
      cwd: work,
      env: { ...env, PATH: `${bin}:${process.env['PATH']}` },
      stdin: 'ignore',
    });
  await isthmus('-f', file, 'render', '-d', join(work, 'rendered'));
  await run('clean');
  const started = performance.now();
  await run('deploy');
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}

const script = `set -euo pipefail
clusters="c-1 c-2"
k() { kubectl --context "$@"; }
clean() {
  for c in $clusters; do k $c delete ns istio-system istio-ingress sample --wait=true --ignore-not-found >/dev/null & done; wait
}
certificates() {
  openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.crt -subj /CN=root -days 3650 -addext basicConstraints=critical,CA:TRUE 2>/dev/null
  for c in $clusters; do
    openssl req -newkey rsa:2048 -nodes -keyout $c.key -out $c.csr -subj /CN=intermediate-$c 2>/dev/null
    openssl x509 -req -in $c.csr -CA root.crt -CAkey root.key -CAcreateserial -out $c.crt -days 3650 -extfile <(printf 'basicConstraints=critical,CA:TRUE,pathlen:0\\nkeyUsage=critical,keyCertSign,cRLSign') 2>/dev/null
    cat $c.crt root.crt > $c.chain
  done
}
deploy() {
  certificates
  for c in $clusters; do
    k $c create ns istio-system >/dev/null
    k $c -n istio-system create secret generic cacerts --from-file=ca-cert.pem=$c.crt --from-file=ca-key.pem=$c.key --from-file=root-cert.pem=root.crt --from-file=cert-chain.pem=$c.chain >/dev/null
  done
  for c in $clusters; do
    k $c apply --server-side --force-conflicts -f rendered/$c/1-foundation.yaml >/dev/null
    k $c apply --server-side --force-conflicts -f rendered/$c/2-control-plane.yaml >/dev/null
    k $c -n istio-system rollout status deploy/istiod --timeout=180s >/dev/null
  done
  for c in $clusters; do
    k $c apply --server-side --force-conflicts -f rendered/$c/3-gateways.yaml >/dev/null
    k $c -n istio-ingress wait deploy --all --for condition=Available --timeout=180s >/dev/null
    k $c apply --server-side --force-conflicts -f rendered/$c/4-samples.yaml >/dev/null
    k $c -n sample wait deploy --all --for condition=Available --timeout=180s >/dev/null
  done
  istioctl create-remote-secret --context c-1 --name c-1 | k c-2 apply -f - >/dev/null
  istioctl create-remote-secret --context c-2 --name c-2 | k c-1 apply -f - >/dev/null
  for c in $clusters; do
    until k $c -n sample exec deploy/sleep -c sleep -- sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do curl -sS -m 5 helloworld.sample:5000/hello; done' > hits-$c 2>/dev/null && grep -q v1 hits-$c && grep -q v2 hits-$c; do sleep 1; done
  done
}
"$1"
`;
