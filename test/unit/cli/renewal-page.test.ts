import { describe, expect, it } from 'vitest';
import { blocksOfPage, objectsOfPage } from '../mesh/renewal-rights.ts';
import { isthmus } from './command-line.ts';

interface CronJob {
  readonly spec: {
    readonly jobTemplate: {
      readonly spec: {
        readonly template: {
          readonly spec: {
            readonly serviceAccountName: string;
            readonly containers: readonly {
              readonly args: readonly string[];
              readonly volumeMounts: readonly { readonly name: string }[];
            }[];
            readonly volumes: readonly { readonly name: string }[];
          };
        };
      };
    };
  };
}

interface Workflow {
  readonly jobs?: {
    readonly renew: { readonly steps: readonly { readonly run?: string; readonly shell?: string }[] };
  };
}

const objects = await objectsOfPage();
const podOf = (object: unknown) => (object as CronJob).spec.jobTemplate.spec.template.spec;
const cronJobs = objects.filter(({ kind }) => kind === 'CronJob').map(podOf);

/** Arguments of every command line on the page that runs isthmus. */
async function commandLines(): Promise<string[][]> {
  const units = (await blocksOfPage('ini')).flatMap((unit) => unit.match(/^ExecStart=.*$/gm) ?? []);
  const steps = objects.flatMap((one) => (one as Workflow).jobs?.renew.steps ?? []);
  const shells = [
    ...units.map((line) => line.replace('ExecStart=', '')),
    ...steps.flatMap(({ run }) => run ?? []),
  ];
  const typed = (await blocksOfPage('')).flatMap((block) => block.split('\n').filter(Boolean));
  const lines = [...shells, ...typed.map((line) => line.replace(/ {3,}.*/, ''))];
  return [
    ...cronJobs.flatMap(({ containers }) => containers.map(({ args }) => [...args])),
    ...lines.map((line) => (line.split('|')[0] ?? '').trim().split(/\s+/).slice(1)),
  ];
}

describe('docs/renewal.md', () => {
  it('runs commands and flags that there are', async () => {
    const lines = await commandLines();
    expect(lines.length).toBeGreaterThanOrEqual(6);
    for (const args of lines) {
      expect(args).toContain('renew');
      const file = args.indexOf('-f');
      const named = file < 0 ? args : args.toSpliced(file, 2);
      const ran = await isthmus(['-f', '/nowhere/mesh.yaml', ...named]);
      expect([args, `${ran.stdout}${ran.stderr}`]).toEqual([
        args,
        expect.stringContaining('MESH_FILE_MISSING'),
      ]);
    }
  });

  it('mounts what its pod names, and runs as the account that the rights are for', () => {
    expect(cronJobs).toHaveLength(1);
    const accounts = objects.filter(({ kind }) => kind === 'ServiceAccount').map((one) => one.metadata?.name);
    for (const { serviceAccountName, containers, volumes } of cronJobs) {
      expect(accounts).toContain(serviceAccountName);
      const names = volumes.map(({ name }) => name);
      for (const { volumeMounts } of containers) expect(volumeMounts.map(({ name }) => name)).toEqual(names);
    }
  });

  it('lets no pipe hide the exit code', () => {
    const steps = objects.flatMap((one) => (one as Workflow).jobs?.renew.steps ?? []);
    const piped = steps.filter(({ run }) => run?.includes('|'));
    expect(piped.map(({ shell }) => shell)).toEqual(piped.map(() => 'bash'));
    expect(piped).not.toEqual([]);
  });
});
