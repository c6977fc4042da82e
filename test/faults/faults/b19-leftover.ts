import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { meshPaths } from '../../../src/local/host/paths.ts';
import type { Bed } from '../../e2e/bed.ts';
import { localMesh } from '../../e2e/bed.ts';
import type { Fault } from '../fault.ts';

/** A mesh of its own: its removal must not touch the bed. */
const mesh = 'leftover';
const namespace = `isthmus-${meshPaths(mesh).id}-00000`;
const fileOf = (bed: Bed) => join(bed.folder, mesh, 'mesh.yaml');

export default {
  pain: 'B19',
  title: 'destroy leaves things behind',
  done: 'a network namespace of another mesh stays, of a node whose folder is gone; then that mesh is removed',
  inject: async (bed) => {
    await mkdir(join(bed.folder, mesh), { recursive: true });
    await writeFile(fileOf(bed), localMesh(mesh, 1));
    await execa('ip', ['netns', 'add', namespace]);
  },
  expects: { check: 'down', names: [new RegExp(`exit code 1[^]*network namespace +${namespace}`)] },
  follows: [],
  points: new RegExp(namespace),
  diagnose: async (bed) => {
    const { exitCode, stdout } = await bed.isthmus(['-f', fileOf(bed), 'down']);
    return `exit code ${exitCode}\n${stdout}`;
  },
  undo: async () => {
    await execa('ip', ['netns', 'delete', namespace], { reject: false });
  },
} satisfies Fault;
