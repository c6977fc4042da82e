import { mkdtempSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { CheckResult, Problem } from '../../src/report/index.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a command printed and how it ended. */
export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The report of `check -o json`. */
export interface CheckReport {
  readonly results: readonly CheckResult[];
}

/**
 * One mesh under test: its file, its own kubeconfig and data folder.
 *
 * Making clusters is the slow part, so a test in `shared` takes `sharedBed()`, which the set-up brought up
 * once, and leaves it as it found it; so does one in `load`, whose files count lost requests. A test that must
 * break clusters for good, or needs another number of clusters, networks or revisions, makes a `new Bed(name)`
 * with a name of its own, puts all its cases on it, and runs `down` in `afterAll`; other meshes are on the
 * machine meanwhile.
 */
export class Bed {
  readonly folder: string;
  readonly file: string;
  readonly name: string;
  #toolchain: Promise<string> | undefined;

  constructor(name: string, folder = mkdtempSync(join(tmpdir(), `isthmus-${name}-`))) {
    this.name = name;
    this.folder = folder;
    this.file = join(folder, 'mesh.yaml');
  }

  get kubeconfig(): string {
    return join(this.folder, 'kubeconfig');
  }

  get env(): Record<string, string> {
    return { KUBECONFIG: this.kubeconfig, XDG_DATA_HOME: join(this.folder, 'data') };
  }

  async write(yaml: string): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    await writeFile(this.file, yaml);
  }

  read(): Promise<string> {
    return readFile(this.file, 'utf8');
  }

  /** Run the launcher as a user would; never throws. */
  async isthmus(
    args: readonly string[],
    options: { env?: Record<string, string>; timeoutMs?: number } = {},
  ): Promise<Ran> {
    return ran('./isthmus', ['-f', this.file, ...args], {
      env: { ...this.env, ...options.env },
      timeoutMs: options.timeoutMs ?? 400_000,
    });
  }

  /** Start the launcher without waiting for it. */
  start(args: readonly string[]) {
    return execa('./isthmus', ['-f', this.file, ...args], {
      cwd: root,
      env: this.env,
      reject: false,
      stdin: 'ignore',
      all: true,
    });
  }

  kubectl(cluster: string, args: readonly string[]): Promise<Ran> {
    return this.tool('kubectl', ['--context', cluster, ...args]);
  }

  /** kubectl that must succeed; returns its standard output. */
  async ok(cluster: string, args: readonly string[]): Promise<string> {
    const result = await this.kubectl(cluster, args);
    if (result.exitCode !== 0) throw new Error(`kubectl ${args.join(' ')}: ${result.stderr}`);
    return result.stdout.trim();
  }

  /** A program of the toolchain, with the bed's kubeconfig. */
  async tool(program: string, args: readonly string[], timeoutMs = 120_000): Promise<Ran> {
    return ran(await this.program(program), args, { env: this.env, timeoutMs });
  }

  /** Path of a program of the toolchain. */
  async program(name: string): Promise<string> {
    this.#toolchain ??= ran('./isthmus', ['toolchain', 'path'], { env: {}, timeoutMs: 60_000 }).then(
      ({ stdout }) => stdout.trim(),
    );
    return join(await this.#toolchain, name);
  }

  async check(names: readonly string[] = [], more: readonly string[] = []): Promise<CheckReport & Ran> {
    const result = await this.isthmus(['check', ...names, '-o', 'json', ...more]);
    if (!result.stdout.trim().startsWith('{')) throw new Error(`check printed no report: ${result.stderr}`);
    return { ...result, ...(JSON.parse(result.stdout) as CheckReport) };
  }
}

async function ran(
  command: string,
  args: readonly string[],
  { env, timeoutMs }: { readonly env: Record<string, string>; readonly timeoutMs: number },
): Promise<Ran> {
  const result = await execa(command, [...args], {
    cwd: root,
    env,
    reject: false,
    stdin: 'ignore',
    timeout: timeoutMs,
  });
  return { exitCode: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
}

/** The bed that the set-up brought up once for the whole run. */
export function sharedBed(): Bed {
  const folder = process.env['ISTHMUS_E2E_BED'];
  if (!folder)
    throw new Error('the shared bed is not up: tests that take it are files of test/e2e/shared or load');
  return new Bed('e2e', folder);
}

/** Results that are not pass or skip, one line each, to compare and to show. */
export function complaints({ results }: CheckReport): string[] {
  return results
    .filter(({ outcome }) => outcome.status !== 'pass' && outcome.status !== 'skip')
    .map(({ id, subject, outcome }) => `${id}${subject ? ` ${subject}` : ''}: ${reasonOf(outcome)}`);
}

function reasonOf(outcome: CheckResult['outcome']): string {
  if (outcome.status === 'blocked') return `blocked by ${outcome.by}`;
  return problemsOf(outcome)
    .map(({ message }) => message)
    .join('; ');
}

export function problemsOf(outcome: CheckResult['outcome']): readonly Problem[] {
  return 'problems' in outcome ? outcome.problems : [];
}

/** mesh.yaml of N local clusters, each in its own network. */
export function localMesh(name: string, clusters: number): string {
  const entries = Array.from(
    { length: clusters },
    (_, at) =>
      `    - {name: eks-${at + 1}, provider: local, network: network${at + 1}, cidr: 10.${at + 1}.0.0/16}`,
  );
  return `apiVersion: isthmus/v1alpha1\nkind: Mesh\nmetadata: {name: ${name}}\nspec:\n  clusters:\n${entries.join('\n')}\n`;
}
