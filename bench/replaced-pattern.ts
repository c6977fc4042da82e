import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { BenchBed } from './bed.ts';

/** The pattern that isthmus replaces, on the clusters of a bed, and the emptying of these. */
interface ReplacedPattern {
  /** Take the whole mesh out of the clusters, whoever made it; an error if anything of it is left. */
  clean(): Promise<void>;
  /**
   * Certificates with openssl, then istiod, gateways and samples with istioctl and kubectl, one cluster
   * after the other, then remote secrets, until each sample answers everywhere.
   */
  deploy(): Promise<void>;
}

/** For two clusters, in which the mesh of the bed's file is. */
export async function replacedPattern(bed: BenchBed): Promise<ReplacedPattern> {
  await bed.isthmus('contexts');
  const bin = join(await bed.program('kubectl'), '..');
  const work = join(bed.folder, 'replaced');
  await mkdir(work, { recursive: true });
  await writeFile(join(work, 'steps.sh'), script);
  await bed.isthmus('render', '-d', join(work, 'rendered'));
  const run = async (step: string) => {
    await execa('bash', [join(work, 'steps.sh'), step], {
      cwd: work,
      env: { ...bed.env, PATH: `${bin}:${process.env['PATH']}` },
      stdin: 'ignore',
    });
  };
  return { clean: () => run('clean'), deploy: () => run('deploy') };
}

const script = `set -euo pipefail
clusters="c-1 c-2"
k() { kubectl --context "$@"; }
# Namespaces take with them what is in them; the rest of the rendered objects belongs to the whole cluster.
clean_one() {
  k $1 delete ns istio-system istio-ingress sample --ignore-not-found --wait=false >/dev/null
  # Nobody's requests are to be answered to their end here.
  for n in istio-system istio-ingress sample; do k $1 -n $n delete pods --all --force --grace-period=0 >/dev/null 2>&1; done
  k $1 delete ns istio-system istio-ingress sample --ignore-not-found >/dev/null
  for part in 4-samples 3-gateways 2-control-plane 1-foundation; do
    k $1 delete -f rendered/$1/$part.yaml --ignore-not-found >/dev/null
  done
  k $1 get crd,clusterrole,clusterrolebinding,mutatingwebhookconfiguration,validatingwebhookconfiguration,ns -o name >left-$1
  ! grep -E '(^namespace/(istio|sample)|istio)' left-$1 >&2
}
clean() {
  for c in $clusters; do clean_one $c & pids="\${pids:-} $!"; done
  for pid in $pids; do wait $pid; done
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
