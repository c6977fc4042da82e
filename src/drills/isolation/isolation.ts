import type { KubeObject } from '../../kubernetes/index.ts';
import type { HandshakeVerdict } from '../../load/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';
import type { Drill, DrillContext } from '../drill.ts';
import { objectOf } from '../traffic-policy.ts';
import { allowedAccount, type Caller, callersOf, type Verdict } from './callers.ts';
import { knock, type Path, pathsOf, sniOf } from './paths.ts';

/** Who may ask a service, and who may not, along every way: each answer looked at, not assumed. */
export const isolation: Drill = {
  id: 'isolation',
  title: 'who is not allowed is denied, along every way',
  underLoad: false,
  limits: ['callers outside the mesh', 'ways that do not lead through proxies', 'protocols other than HTTP'],
  disruption: ({ target }) =>
    `only ${allowedAccount.namespace}/${allowedAccount.name} may ask ${target.namespace}/${target.name} for a while; others get 403`,
  plan: ({ target, settings }) => [
    'along every way (to a pod, through each east-west gateway) ask as five callers: allowed, another account, another tenant, a foreign root, in plain text',
    settings.asIs
      ? 'set nothing up: the policies that are there are put to the test'
      : `in every cluster: a PeerAuthentication STRICT and an AuthorizationPolicy for the pods of ${target.namespace}/${target.name}`,
    'ask all of that again; a denial counts only if the target’s own proxy spoke it, behind a certificate of the target',
    'ask the gateways with a forged name, and pods of another network by their address',
    'remove the policies',
  ],
  promises: ({ settings }) => [
    ...(settings.asIs
      ? []
      : [
          {
            id: 'control',
            title: 'without the policies the same requests go through',
            expected: 'allowed, save by a foreign root, and in plain text where the mesh is strict',
          },
        ]),
    { id: 'allowed', title: 'who is allowed gets an answer', expected: '200 along every way' },
    {
      id: 'denied',
      title: 'who is not allowed is denied by the target itself',
      expected: '403 by the target’s proxy, along every way',
    },
    {
      id: 'root',
      title: 'a certificate of somebody else’s root is refused',
      expected: 'refused by TLS, along every way',
    },
    { id: 'plain', title: 'plain text is not taken', expected: 'closed, along every way' },
    { id: 'forged', title: 'a forged name leads nowhere', expected: 'closed by every gateway' },
    {
      id: 'foreign',
      title: 'pods of another network cannot be reached by their address',
      expected: 'unreachable',
    },
  ],
  run,
};

/** One try: who, along which way, and what came of it. */
interface Try {
  readonly caller: Caller;
  readonly path: Path;
  readonly verdict: HandshakeVerdict;
  readonly seen: Verdict | 'unreachable';
}

async function run(context: DrillContext): Promise<void> {
  const { topology, target, settings, signal } = context;
  const [home] = target.homes;
  if (!home) return;
  const callers = await callersOf(topology, home.cluster, signal);
  const paths = await pathsOf(context);
  if (!settings.asIs) {
    const control = await context.step({ phase: 'baseline', title: 'everybody, without policies' }, () =>
      tryAll(context, paths, callers),
    );
    concludeControl(context, control);
    await applyPolicies(context, paths, callers);
  }
  const tries = await context.step({ phase: 'observe', title: 'everybody, along every way' }, () =>
    tryAll(context, paths, callers),
  );
  context.table(matrixOf(tries, 'Who asked along which way', (caller) => caller.expected));
  conclude(context, tries);
  await context.step({ phase: 'observe', title: 'forged names, and addresses of other networks' }, () =>
    tryForgeries(context, paths, callers),
  );
}

async function tryAll(
  context: DrillContext,
  paths: readonly Path[],
  callers: readonly Caller[],
): Promise<Try[]> {
  const tries: Try[] = [];
  for (const path of paths)
    for (const caller of callers) {
      // A gateway lets TLS alone through, so plain text along it would prove nothing of the target.
      if (caller.credential === undefined && path.via === 'gateway') continue;
      const verdict = await knock(context, path, caller);
      tries.push({ caller, path, verdict, seen: seenIn(context, verdict) });
    }
  return tries;
}

/** A 403 is a denial only if the target's own proxy spoke it, behind a certificate of the target's account. */
function seenIn({ target }: DrillContext, { state, status, peer, body }: HandshakeVerdict): Try['seen'] {
  if (state !== 'accepted') return state;
  const denied = status === 403 && body.includes('RBAC') && peer.includes(`/ns/${target.namespace}/`);
  return denied ? 'denied' : 'allowed';
}

async function applyPolicies(
  context: DrillContext,
  paths: readonly Path[],
  callers: readonly Caller[],
): Promise<void> {
  const { clusters, topology, journal } = context;
  await context.step({ phase: 'act', title: 'a policy that allows one account' }, async () => {
    for (const cluster of clusters)
      for (const object of policies(context.target, topology.trustDomain))
        await journal.act(cluster, { kind: 'create', object });
    const denied = callers.find(({ expected }) => expected === 'denied');
    await waitForDenial(context, paths, denied);
  });
}

/** Until every pod's proxy has taken the policy over. That it does not is for the verdict to say. */
async function waitForDenial(
  context: DrillContext,
  paths: readonly Path[],
  denied: Caller | undefined,
): Promise<void> {
  const deadline = Date.now() + 20_000;
  const wait = { what: 'policies to be in force', timeoutMs: 60_000, signal: context.signal };
  await waitUntil(wait, async () => {
    for (const path of denied ? paths : []) {
      const verdict = await knock(context, path, denied ?? {});
      if (seenIn(context, verdict) !== 'denied' && Date.now() < deadline) throw new NotReady(verdict.detail);
    }
  });
}

function policies(target: DrillContext['target'], trustDomain: string): KubeObject[] {
  const { namespace, name } = allowedAccount;
  const selector = { matchLabels: target.labels };
  const security = (kind: string) => ({ apiVersion: 'security.istio.io/v1', kind });
  return [
    objectOf(security('PeerAuthentication'), target, { selector, mtls: { mode: 'STRICT' } }),
    objectOf(security('AuthorizationPolicy'), target, {
      selector,
      action: 'ALLOW',
      rules: [{ from: [{ source: { principals: [`${trustDomain}/ns/${namespace}/sa/${name}`] } }] }],
    }),
  ];
}

const matrixOf = (tries: readonly Try[], title: string, expected: (caller: Caller) => string) => ({
  title,
  heads: ['Caller', 'Way', 'Expected', 'Seen', 'Answer', 'Of'],
  rows: tries.map(({ caller, path, verdict, seen }) => [
    caller.title,
    path.title,
    expected(caller),
    seen,
    verdict.detail,
    verdict.peer || '—',
  ]),
});

function concludeControl(context: DrillContext, tries: readonly Try[]): void {
  const expected = (caller: Caller) => beforehand(caller).join(' or ');
  context.table(matrixOf(tries, 'Who asked along which way, before', expected));
  const wrong = tries.filter(({ caller, seen }) => !beforehand(caller).includes(seen));
  if (tries.some(({ caller, seen }) => caller.id === 'plain' && seen === 'closed'))
    context.note('plain text was refused before this drill as well, by a policy that is there');
  const unseen = wrong.some(({ seen }) => seen === 'unreachable');
  context.conclude('control', {
    measured: `${tries.length - wrong.length} of ${tries.length} as expected${tellFirst(wrong)}`,
    state: tries.length === 0 || unseen ? 'unproven' : wrong.length === 0 ? 'held' : 'refuted',
  });
}

/** What may become of a caller before there is a policy; a strict mesh takes no plain text at any time. */
function beforehand({ id }: Caller): readonly Try['seen'][] {
  if (id === 'plain') return ['allowed', 'closed'];
  return [id === 'root' ? 'refused' : 'allowed'];
}

const tellFirst = ([first]: readonly Try[]): string =>
  first ? `; ${first.caller.title}, ${first.path.title}: ${first.seen} (${first.verdict.detail})` : '';

const promiseOf: Readonly<Record<Verdict, string>> = {
  allowed: 'allowed',
  denied: 'denied',
  refused: 'root',
  closed: 'plain',
};

function conclude(context: DrillContext, tries: readonly Try[]): void {
  for (const expected of ['allowed', 'denied', 'refused', 'closed'] as const) {
    const mine = tries.filter(({ caller }) => caller.expected === expected);
    const wrong = mine.filter(({ seen }) => seen !== expected);
    // Whoever never got there was not denied.
    const unseen = mine.some(({ seen }) => seen === 'unreachable');
    context.conclude(promiseOf[expected], {
      measured: `${mine.length - wrong.length} of ${mine.length}${tellFirst(wrong)}`,
      state: mine.length === 0 || unseen ? 'unproven' : wrong.length === 0 ? 'held' : 'refuted',
    });
  }
}

async function tryForgeries(
  context: DrillContext,
  paths: readonly Path[],
  [allowed]: readonly Caller[],
): Promise<void> {
  const { target } = context;
  const gateways = paths.filter(({ via }) => via === 'gateway');
  const serverName = sniOf({ ...target, host: `nobody.${target.namespace}.svc.cluster.local` });
  const forged = await each(gateways, (path) =>
    knock(context, path, { credential: allowed?.credential, serverName }),
  );
  concludeStates(context, 'forged', { seen: forged, wanted: 'closed' });
  const pods = paths.filter(({ via }) => via === 'pod');
  const elsewhere = gateways.flatMap((way) =>
    pods.filter(({ to }) => to === way.to).map(({ address }) => ({ from: way.from, address })),
  );
  const foreign = await each(elsewhere, (path) => knock(context, path, { credential: allowed?.credential }));
  concludeStates(context, 'foreign', { seen: foreign, wanted: 'unreachable' });
}

async function each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

interface States {
  readonly seen: readonly HandshakeVerdict[];
  readonly wanted: HandshakeVerdict['state'];
}

function concludeStates(context: DrillContext, id: string, { seen, wanted }: States): void {
  const wrong = seen.filter(({ state }) => state !== wanted);
  const [first] = wrong;
  context.conclude(id, {
    measured: `${seen.length - wrong.length} of ${seen.length} ${wanted}${first ? `; ${first.state}: ${first.detail}` : ''}`,
    state: seen.length === 0 ? 'unproven' : wrong.length === 0 ? 'held' : 'refuted',
  });
}
