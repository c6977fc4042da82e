import type { CallOptions, KubeClient, KubeObject } from './types.ts';

/** One thing to be allowed to do; in all namespaces when none is named. */
export interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace?: string | undefined;
  /** This one object alone. */
  readonly name?: string | undefined;
}

type Review = KubeObject & { status?: { allowed?: boolean } };

/** Those of the rights that the client's user does not have. */
export async function missingRights(
  client: KubeClient,
  rights: readonly Right[],
  options: CallOptions = {},
): Promise<Right[]> {
  const allowed = await Promise.all(
    rights.map(async (resourceAttributes) => {
      const review = await client.create<Review>(
        {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { resourceAttributes },
        },
        options,
      );
      return review.status?.allowed === true;
    }),
  );
  return rights.filter((_, at) => !allowed[at]);
}
