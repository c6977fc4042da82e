import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { emulatorPython } from './python-environment.ts';

/** One AWS call as the emulator saw it. */
export interface RecordedCall {
  /** Signing name and operation, for instance `eks:DescribeCluster`. */
  readonly action: string;
  readonly region: string;
  readonly accessKeyId: string;
  /** CloudFormation acts with its caller's rights, so the caller needs these as well. */
  readonly by: 'caller' | 'cloudformation';
  /** What it asked for: a form's names, or those of JSON joined by dots; nothing that is very long. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Tags that what it names had then, by id. */
  readonly tags: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** What befalls a resource; `logicalId` fits by prefix and `stack` anywhere in the stack's name. */
export interface Fault {
  readonly logicalId: string;
  readonly stack?: string;
  readonly action?: 'CREATE' | 'UPDATE' | 'DELETE';
  /** Fails with it; without one it is only slow. */
  readonly reason?: string;
  /** How long; clearing the faults ends it at once. */
  readonly seconds?: number;
  /** How often; until cleared when absent. */
  readonly times?: number;
}

/** Seconds, or that it never comes to its end. */
type Duration = number | 'never';

/** How AWS is for now; what is absent is as at the start: it takes no time and refuses nothing. */
export interface Conditions {
  readonly loadBalancers?: {
    /** From being made until the state is `active`. */
    readonly activeAfter?: Duration;
    /** From the end of the Service until AWS lists it no more. */
    readonly goneAfter?: Duration;
  };
  readonly drift?: {
    /** How long a detection is in progress. */
    readonly seconds?: Duration;
    /** A detection ends as DETECTION_FAILED, for this reason. */
    readonly failure?: string;
  };
  /** The most that a page of a list holds; of EC2's lists the first page is empty then. */
  readonly pageSize?: number;
  readonly throttles?: readonly {
    /** As in {@link RecordedCall}, with `*` for any part of it. */
    readonly action: string;
    /** So many calls, or as long as `seconds`; until other conditions are set when both are absent. */
    readonly times?: number;
    readonly seconds?: number;
  }[];
}

/** The real API server behind an emulated EKS cluster. */
export interface ApiServer {
  readonly endpoint: string;
  /** PEM in base64, as EKS reports it. */
  readonly certificateAuthority: string;
}

/** One target as seen by whatever really balances the load. */
export interface MirroredTarget {
  readonly address: string;
  readonly port: number;
  readonly state: string;
  readonly reason?: string;
  readonly description?: string;
}

export interface MirroredLoadBalancer {
  readonly cluster: string;
  /** `namespace/name`. */
  readonly service: string;
  readonly vpc: string;
  readonly subnets: readonly string[];
  readonly scheme?: 'internal' | 'internet-facing';
  readonly tags?: Readonly<Record<string, string>>;
  readonly listeners: readonly { readonly port: number; readonly targets: readonly MirroredTarget[] }[];
}

/** An IAM user of the emulator and its access key. */
export interface EmulatedUser {
  readonly arn: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A running emulator of AWS with the test's levers. */
export class Emulator {
  readonly url: string;
  /** Address and UDP port of the name server of its zone. */
  readonly names: string;
  readonly #child: ChildProcess;
  readonly #log: string[];

  private constructor(at: { url: string; names: string }, child: ChildProcess, log: string[]) {
    this.url = at.url;
    this.names = at.names;
    this.#child = child;
    this.#log = log;
  }

  /** Start it on a free port of `host`; installs its Python packages first if this machine lacks them. */
  static async start(host = '127.0.0.1'): Promise<Emulator> {
    const python = await emulatorPython();
    const folder = fileURLToPath(new URL('.', import.meta.url));
    const child = spawn(python, ['-B', '-m', 'rehearsal', '--host', host], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NO_PROXY: '*' },
    });
    const log: string[] = [];
    createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
    const first = await Promise.race([
      once(createInterface({ input: child.stdout }), 'line'),
      once(child, 'exit').then(() => undefined),
    ]);
    if (first === undefined) throw new Error(`the emulator did not start:\n${log.join('\n')}`);
    return new Emulator(JSON.parse(String(first[0])) as { url: string; names: string }, child, log);
  }

  /** End it; all that it held is gone. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }

  /** What it wrote to standard error: warnings and the stack traces of failed resources. */
  get log(): string {
    return this.#log.join('\n');
  }

  calls(): Promise<RecordedCall[]> {
    return this.#ask('GET', 'calls');
  }

  forgetCalls(): Promise<unknown> {
    return this.#ask('DELETE', 'calls');
  }

  inject(fault: Fault): Promise<unknown> {
    const { logicalId, ...rest } = fault;
    return this.#ask('POST', 'faults', { logical_id: logicalId, ...rest });
  }

  clearFaults(): Promise<unknown> {
    return this.#ask('DELETE', 'faults');
  }

  /** Let AWS be like this from now on; `{}` takes all back. */
  behave({ loadBalancers, drift, pageSize, throttles }: Conditions): Promise<unknown> {
    return this.#ask('PUT', 'conditions', {
      balancer_active_seconds: loadBalancers?.activeAfter ?? 0,
      balancer_gone_seconds: loadBalancers?.goneAfter ?? 0,
      drift_seconds: drift?.seconds ?? 0,
      drift_failure: drift?.failure ?? null,
      page_size: pageSize ?? null,
      throttles: throttles ?? [],
    });
  }

  /** Let a DNS name have an IPv4 address, from so many seconds on; until then nobody knows the name. */
  placeName(name: string, address: string, seconds = 0): Promise<unknown> {
    return this.#ask('PUT', `names/${name}`, { address, seconds });
  }

  /** IAM actions of KMS and Private CA that are refused from now on; none takes all back. */
  deny(...actions: readonly string[]): Promise<unknown> {
    return this.#ask('PUT', 'denials', { actions });
  }

  createUser(name: string): Promise<EmulatedUser> {
    return this.#ask('POST', 'users', { name });
  }

  /** An IAM role that every user of the account may assume. */
  createRole(name: string): Promise<{ arn: string }> {
    return this.#ask('POST', 'roles', { name });
  }

  /** For EKS clusters of this name that are made from now on. */
  placeApiServer(cluster: string, server: ApiServer): Promise<unknown> {
    return this.#ask('PUT', `api-servers/${cluster}`, server);
  }

  mirrorLoadBalancer(
    region: string,
    balancer: MirroredLoadBalancer,
  ): Promise<{ arn: string; dnsName: string }> {
    return this.#ask('PUT', `load-balancers/${region}`, balancer);
  }

  removeLoadBalancer(region: string, cluster: string, service: string): Promise<unknown> {
    return this.#ask('DELETE', `load-balancers/${region}`, { cluster, service });
  }

  /** Where an API server's token webhook asks about tokens of this cluster. */
  tokenReviewUrl(region: string, cluster: string): string {
    return `${this.url}/rehearsal/tokens/${region}/${cluster}`;
  }

  async #ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${this.url}/rehearsal/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }
}
