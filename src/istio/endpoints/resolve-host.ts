import { resolve4, resolve6 } from 'node:dns/promises';
import { isIP } from 'node:net';

/** What gateways' hosts resolve to, each with its port, or what the resolver said of them. */
export async function resolveAll<G extends { readonly host: string; readonly port: number }>(
  gateways: readonly G[],
) {
  return Promise.all(
    gateways.map(async (of) => {
      const { addresses, refusal } = await resolveHost(of.host);
      return { of, refusal, facts: addresses.map((address) => ({ address, port: of.port })) };
    }),
  );
}

interface Resolved {
  readonly addresses: readonly string[];
  readonly refusal?: string;
}

/** The name has no address of one family, which says nothing of the other. */
const absent = ['ENODATA', 'ENOTFOUND'];

/**
 * istiod resolves a load balancer's name to all its addresses; a name that has none yet yields none. A
 * resolver that does not work is told as well where the other family was answered.
 */
async function resolveHost(host: string): Promise<Resolved> {
  if (isIP(host)) return { addresses: [host] };
  const answers = await Promise.allSettled([resolve4(host), resolve6(host)]);
  const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  const codes = answers.flatMap((answer) =>
    answer.status === 'rejected' ? ((answer.reason as NodeJS.ErrnoException).code ?? 'no answer') : [],
  );
  const told = addresses.length === 0 ? codes : codes.filter((code) => !absent.includes(code));
  return told.length === 0
    ? { addresses }
    : { addresses, refusal: `${host}: ${[...new Set(told)].join(', ')}` };
}
