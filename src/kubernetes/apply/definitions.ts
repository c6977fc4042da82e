import { NotReady, waitUntil } from '../../process/index.ts';
import { describeRef, refOf } from '../object-ref.ts';
import type { CallOptions, KubeClient, KubeObject } from '../types.ts';

/** Until the API server serves every custom resource definition among these objects. */
export async function waitForDefinitions(
  client: KubeClient,
  objects: readonly KubeObject[],
  options: CallOptions,
): Promise<void> {
  const pending = objects.filter(
    (object) => object.kind === 'CustomResourceDefinition' && !established(object),
  );
  await Promise.all(
    pending.map((object) => {
      const ref = refOf(object);
      const what = `${describeRef(ref)} of ${client.cluster} to be established`;
      const wait = { what, timeoutMs: 30_000, signal: options.signal, delayMs: 50, maxDelayMs: 300 };
      return waitUntil(wait, async () => {
        const live = await client.get(ref, options);
        if (!live || !established(live)) throw new NotReady(reasonOf(live));
      });
    }),
  );
}

type Condition = { type: string; status: string; message?: string };

const conditionsOf = (object: KubeObject | undefined) =>
  (object?.['status'] as { conditions?: Condition[] } | undefined)?.conditions ?? [];

/** Whether the API server has said that it serves the kind of a definition. */
export const established = (object: KubeObject) =>
  conditionsOf(object).some(({ type, status }) => type === 'Established' && status === 'True');

const reasonOf = (object: KubeObject | undefined) =>
  conditionsOf(object).find(({ status, message }) => status === 'False' && message)?.message ??
  'not yet accepted';
