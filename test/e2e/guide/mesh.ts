import { join } from 'node:path';
import { execa } from 'execa';
import { Bed } from '../bed.ts';
import { makeBareClusters } from '../support/bare-clusters.ts';
import { makeCertificates } from './certificates.ts';
import { eastWestGateway, exposeServices, localValues, primary, samples } from './documents.ts';

export const clusters = ['cluster1', 'cluster2'] as const;
export type Cluster = (typeof clusters)[number];

/** A mesh that istioctl and kubectl alone set up on bare clusters; isthmus only makes the clusters. */
export class GuideMesh extends Bed {
  #bin = '';
  /** A cluster's context where it is named otherwise. */
  readonly #contexts = new Map<string, string>();

  /** Two fresh clusters and their contexts, nothing of a mesh on them. */
  async bareClusters(): Promise<void> {
    await this.write(meshFile(this.name));
    await makeBareClusters(this);
    this.#bin = (await this.isthmus(['toolchain', 'path'])).stdout.trim();
  }

  /** Run a program of the toolchain that must succeed. */
  async run(program: 'istioctl' | 'kubectl', args: readonly string[], input = ''): Promise<string> {
    const { stdout } = await execa(join(this.#bin, program), [...args], { env: this.env, input });
    return stdout;
  }

  istioctl(cluster: Cluster, args: readonly string[], input = ''): Promise<string> {
    return this.run('istioctl', ['--context', this.#context(cluster), ...args], input);
  }

  apply(cluster: Cluster, namespace: string, document: string): Promise<string> {
    const command = ['--context', this.#context(cluster), '-n', namespace, 'apply', '-f', '-'];
    return this.run('kubectl', command, document);
  }

  /** "Configure trust" and "Install Multi-Primary on different networks", step by step. */
  async follow(): Promise<void> {
    const certificates = await makeCertificates(join(this.folder, 'certs'), clusters);
    await both(async (cluster) => {
      await this.ok(cluster, ['create', 'namespace', 'istio-system']);
      await this.plugIn(cluster, join(certificates, cluster));
      await this.ok(cluster, [
        'label',
        'namespace',
        'istio-system',
        `topology.istio.io/network=${networkOf(cluster)}`,
      ]);
      await this.istioctl(cluster, ['install', '-y', '-f', '-', ...localValues], primary(cluster));
      await this.istioctl(cluster, ['install', '-y', '-f', '-'], eastWestGateway(cluster));
      await this.apply(cluster, 'istio-system', exposeServices);
    });
    await this.discover('cluster1', 'cluster2');
    await this.discover('cluster2', 'cluster1');
  }

  /** "Plug in CA certificates": the Secret from the four files, in place of one that is there. */
  async plugIn(cluster: Cluster, folder: string): Promise<void> {
    const files = ['ca-cert.pem', 'ca-key.pem', 'root-cert.pem', 'cert-chain.pem'];
    const from = files.map((name) => `--from-file=${join(folder, name)}`);
    const make = ['create', 'secret', 'generic', 'cacerts', ...from, '--dry-run=client', '-o', 'yaml'];
    await this.apply(cluster, 'istio-system', await this.run('kubectl', make));
  }

  /**
   * "Canary upgrades": a second istiod of a revision, a tag for it, and the east-west gateway moved to it.
   */
  async addRevision(cluster: Cluster, revision: string, tag: string): Promise<void> {
    const install = ['install', '-y', '-f', '-', ...localValues];
    const values = ['--set', 'profile=minimal', '--set', `revision=${revision}`];
    await this.istioctl(cluster, [...install, ...values], primary(cluster));
    await this.istioctl(cluster, ['tag', 'set', tag, '--revision', revision]);
    const gateway = eastWestGateway(cluster).replace('revision: ""', `revision: ${revision}`);
    await this.istioctl(cluster, ['install', '-y', '-f', '-'], gateway);
  }

  /** An istiod that finds no cacerts when it starts makes a root for itself. */
  async signWithOwnRoot(cluster: Cluster): Promise<void> {
    const system = (...args: string[]) => this.ok(this.#context(cluster), ['-n', 'istio-system', ...args]);
    await system('delete', 'secret', 'cacerts');
    await system('rollout', 'restart', 'deployment/istiod');
    await system('rollout', 'status', 'deployment/istiod', '--timeout=120s');
  }

  #context(cluster: Cluster): string {
    return this.#contexts.get(cluster) ?? cluster;
  }

  /** Users call their contexts otherwise than Istio calls their clusters. */
  async renameContexts(names: Readonly<Record<Cluster, string>>): Promise<void> {
    for (const cluster of clusters) {
      await this.run('kubectl', ['config', 'rename-context', cluster, names[cluster]]);
      this.#contexts.set(cluster, names[cluster]);
    }
  }

  /** "Enable endpoint discovery" of one cluster for another. */
  async discover(holder: Cluster, target: Cluster): Promise<void> {
    const secret = await this.istioctl(target, ['create-remote-secret', `--name=${target}`]);
    await this.apply(holder, 'istio-system', secret);
  }

  /** "Verify the installation": the samples, ready in both clusters. */
  async deploySamples(): Promise<void> {
    await both(async (cluster) => {
      await this.ok(cluster, ['create', 'namespace', 'sample']);
      await this.ok(cluster, ['label', 'namespace', 'sample', 'istio-injection=enabled']);
      await this.apply(cluster, 'sample', samples(cluster === 'cluster1' ? 'v1' : 'v2'));
      await this.ready(cluster, 'sample');
    });
  }

  async ready(cluster: Cluster, namespace: string): Promise<void> {
    await this.ok(cluster, [
      '-n',
      namespace,
      'wait',
      'deployment',
      '--all',
      '--for=condition=Available',
      '--timeout=120s',
    ]);
  }

  async remove(): Promise<void> {
    const down = await this.isthmus(['down']);
    if (down.exitCode !== 0) throw new Error(`the clusters did not go away: ${down.stderr}${down.stdout}`);
  }
}

export const networkOf = (cluster: Cluster) => cluster.replace('cluster', 'network');

export const both = (work: (cluster: Cluster) => Promise<void>) => Promise.all(clusters.map(work));

const meshFile = (name: string) => `apiVersion: isthmus/v1alpha1
kind: Mesh
metadata: {name: ${name}}
spec:
  clusters:
    - {name: cluster1, provider: local, network: network1, cidr: 10.11.0.0/16}
    - {name: cluster2, provider: local, network: network2, cidr: 10.12.0.0/16}
`;
