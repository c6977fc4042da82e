import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { bridgeAddress, meshSubnet, onLink } from '../../src/local/addresses/addressing.ts';
import { withLock } from '../../src/local/host/lock.ts';
import { hostLock, nextSubnet } from '../../src/local/host/mesh-network.ts';
import { meshPaths } from '../../src/local/host/paths.ts';
import { type Cidr, cidrOf } from '../../src/topology/index.ts';
import { Bed, localMesh, root } from './bed.ts';
import { kernelObjects } from './support/kernel-objects.ts';

/**
 * Give a bridge of the host's own the subnet that the next mesh would get, while no mesh can take it;
 * returns the subnet.
 */
function occupyNextSubnet(bridge: string): Promise<Cidr> {
  return withLock(hostLock(meshPaths('busy')), async () => {
    const index = await nextSubnet(meshPaths('busy'), ['ipv4'], AbortSignal.timeout(30_000));
    if (index === undefined) throw new Error('every subnet is taken');
    const subnet = meshSubnet(index, 'ipv4');
    await execa('ip', ['link', 'add', bridge, 'type', 'bridge']);
    await execa('ip', ['address', 'add', onLink(bridgeAddress(subnet), subnet), 'dev', bridge]);
    await execa('ip', ['link', 'set', bridge, 'up']);
    return subnet;
  });
}

const oneCluster = (name: string) => localMesh(name, 1).replace('spec:\n', 'spec:\n  samples: false\n');

describe('what the machine or the file lacks', () => {
  it('names missing root rights, and touches nothing', async () => {
    const bed = new Bed('noroot');
    await bed.write(oneCluster('noroot'));
    await execa('chmod', ['-R', 'a+rX', bed.folder]);
    const command = [
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      'node',
      `${root}dist/cli/main.js`,
      '-f',
      bed.file,
      'up',
    ];
    const refused = await execa('setpriv', command, { reject: false, env: { HOME: bed.folder } });
    expect(refused.stderr).toContain('ROOT_REQUIRED');
    expect(refused.exitCode).toBe(3);
    expect(await kernelObjects(bed.name)).toEqual([]);
  });

  it('names file, line and path of a wrong key, before anything is touched', async () => {
    const bed = new Bed('wrongkey');
    await bed.write(localMesh('wrongkey', 2).replace('network: network2', 'netwrok: network2'));
    const refused = await bed.isthmus(['up']);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toMatch(/MESH_FILE_INVALID/);
    expect(refused.stderr).toMatch(/mesh\.yaml:7:\d+/);
    expect(refused.stderr).toMatch(/netwrok[\s\S]*network/);
  });

  it('ends with 2 and a suggestion on a wrong flag or check', async () => {
    const bed = new Bed('flags');
    await bed.write(localMesh('flags', 2));
    expect((await bed.isthmus(['up', '--wiat', '3'])).exitCode).toBe(2);
    const unknown = await bed.isthmus(['check', 'trafic']);
    expect(unknown.exitCode).toBe(2);
    expect(unknown.stderr).toMatch(/CHECK_UNKNOWN[\s\S]*did you mean traffic\?/);
  });
});

describe('a machine that is busy or interrupted', () => {
  const bed = new Bed('busy');
  afterAll(async () => {
    await bed.isthmus(['down']);
    await execa('ip', ['link', 'del', 'busy0'], { reject: false });
  });

  it('keeps clear of addresses that the host uses, and stops cleanly on Ctrl+C', {
    timeout: 400_000,
  }, async () => {
    await bed.write(oneCluster('busy'));
    const host = await occupyNextSubnet('busy0');

    const interrupted = bed.start(['up']);
    await delay(4000);
    interrupted.kill('SIGINT');
    const stopped = await interrupted;
    expect(stopped.exitCode).toBe(130);
    expect(stopped.stderr).toContain('INTERRUPTED');

    const up = await bed.isthmus(['up', '--no-check', '-o', 'json']);
    expect(up.exitCode, up.stderr).toBe(0);
    await bed.isthmus(['contexts']);
    const node = await bed.ok('eks-1', [
      'get',
      'nodes',
      '-o',
      'jsonpath={.items[0].status.addresses[0].address}',
    ]);
    expect(cidrOf(`${node}/32`).overlaps(host)).toBe(false);
    const { stdout } = await execa('ip', ['-4', 'addr', 'show', 'busy0']);
    expect(stdout).toContain(onLink(bridgeAddress(host), host));
  });
});
