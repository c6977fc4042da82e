import type { IsthmusError } from '../../errors/index.ts';
import type { KubeClient } from '../../kubernetes/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';
import type { SpanHandle } from '../../report/index.ts';

export interface ApiServerWait {
  readonly kube: KubeClient;
  readonly cluster: string;
  readonly handle: SpanHandle;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** Auto Mode starts nodes when the first Pods want them, so an answer is all that can be waited for. */
export async function waitForApiServer(wait: ApiServerWait): Promise<void> {
  const { kube, cluster, handle, signal, timeoutMs } = wait;
  const onRetry = (message: string) => handle.progress({ message });
  await waitUntil(
    { what: `${cluster}'s API server`, timeoutMs, signal, maxDelayMs: 5000, onRetry },
    async (attempt) => {
      try {
        await kube.version({ signal: attempt });
      } catch (error) {
        // A new endpoint's name and the deployer's access entry reach every server a little later.
        throw retryable(error) ? new NotReady((error as Error).message) : error;
      }
    },
  );
}

function retryable(error: unknown): boolean {
  const { code, message } = error as Partial<IsthmusError>;
  return code === 'CLUSTER_UNREACHABLE' || (code === 'API_REFUSED' && /\b40[13]\b/.test(message ?? ''));
}
