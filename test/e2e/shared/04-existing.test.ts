import { describe, expect, it } from 'vitest';
import { Bed, complaints, sharedBed } from '../bed.ts';

const bed = sharedBed();

const file = (kubeconfig: string) => `apiVersion: isthmus/v1alpha1
kind: Mesh
metadata: {name: e2e}
spec:
  clusters:
    - {name: eks-1, provider: existing, network: network1, kubeconfig: ${kubeconfig}, context: eks-1, proxy: vanilla, size: small, gateways: &gateways {ingress: {nodePorts: false}, eastWest: {nodePorts: false}}}
    - {name: eks-2, provider: existing, network: network2, kubeconfig: ${kubeconfig}, context: eks-2, proxy: vanilla, size: small, gateways: *gateways}
`;

describe('the same code runs on kubeconfig contexts', () => {
  it('finds nothing to change in the mesh that the local provider carries, and proves it', async () => {
    const existing = new Bed('existing', bed.folder);
    Object.defineProperty(existing, 'file', { value: `${bed.folder}/existing.yaml` });
    await existing.write(file(bed.kubeconfig));
    const up = await existing.isthmus(['up', '-o', 'json']);
    expect(up.exitCode, up.stderr).toBe(0);
    expect(JSON.parse(up.stdout)).toMatchObject({ clusters: [], changes: [] });
    expect(complaints(await existing.check())).toEqual([]);
  });

  it('names the contexts there are when one does not exist', async () => {
    const wrong = new Bed('wrong', bed.folder);
    Object.defineProperty(wrong, 'file', { value: `${bed.folder}/wrong.yaml` });
    await wrong.write(file(bed.kubeconfig).replace('context: eks-2', 'context: nowhere'));
    const up = await wrong.isthmus(['up']);
    expect(up.exitCode).toBe(2);
    expect(up.stderr).toMatch(/CONTEXT_UNKNOWN[\s\S]*nowhere[\s\S]*eks-1/);
  });
});
