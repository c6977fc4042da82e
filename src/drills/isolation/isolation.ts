import type { KubeObject } from '../../kubernetes/index.ts';
import type { HandshakeVerdict } from '../../load/index.ts';
import { allOf, NotReady, waitUntil } from '../../process/index.ts';
import type { Drill, DrillContext } from '../drill.ts';
import { objectOf } from '../traffic-policy.ts';
import { allowedAccount, type Caller, callersOf, type Verdict } from './callers.ts';
import { type Path, PathProber, pathsOf, sniOf } from './paths.ts';

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
  const { topology, target, signal } = context;
  const [home] = target.homes;
  if (!home) return;
  const callers = await callersOf(topology, home.cluster, signal);
  const paths = await pathsOf(context);
  const prober = new PathProber(context);
  try {
    await tryThem({ context, prober, paths, callers });
  } finally {
    await prober.close();
  }
}

interface Trial {
  readonly context: DrillContext;
  readonly prober: PathProber;
  readonly paths: readonly Path[];
  readonly callers: readonly Caller[];
}

async function tryThem(trial: Trial): Promise<void> {
  const { context } = trial;
  if (!context.settings.asIs) {
    const control = await context.step({ phase: 'baseline', title: 'everybody, without policies' }, () =>
      tryAll(trial),
    );
    concludeControl(context, control);
    await applyPolicies(trial);
  }
  const tries = await context.step({ phase: 'observe', title: 'everybody, along every way' }, () =>
    tryAll(trial),
  );
  context.table(matrixOf(tries, 'Who asked along which way', (caller) => caller.expected));
  conclude(context, tries);
  await context.step({ phase: 'observe', title: 'forged names, and addresses of other networks' }, () =>
    tryForgeries(trial),
  );
}

function tryAll({ context, prober, paths, callers }: Trial): Promise<Try[]> {
  const all = paths.flatMap((path) =>
    callers
      // A gateway lets TLS alone through, so plain text along it would prove nothing of the target.
      .filter(({ credential }) => credential !== undefined || path.via !== 'gateway')
      .map((caller) => ({ path, caller })),
  );
  return allOf(
    all.map(async ({ path, caller }) => {
      const verdict = await prober.probe(context.target, path, caller);
      return { caller, path, verdict, seen: seenIn(context, verdict) };
    }),
  );
}

/** A 403 is a denial only if the target's own proxy spoke it, behind a certificate of the target's account. */
function seenIn({ target }: DrillContext, { state, status, peer, body }: HandshakeVerdict): Try['seen'] {
  if (state !== 'accepted') return state;
  const denied = status === 403 && body.includes('RBAC') && peer.includes(`/ns/${target.namespace}/`);
  return denied ? 'denied' : 'allowed';
}

async function applyPolicies(trial: Trial): Promise<void> {
  const { context } = trial;
  const { clusters, topology, journal } = context;
  await context.step({ phase: 'act', title: 'a policy that allows one account' }, async () => {
    for (const cluster of clusters)
      for (const object of policies(context.target, topology.trustDomain))
        await journal.act(cluster, { kind: 'create', object });
    await waitForDenial(trial);
  });
}

/** Until every pod's proxy has taken the policy over. That it does not is for the verdict to say. */
async function waitForDenial({ context, prober, paths, callers }: Trial): Promise<void> {
  const deadline = Date.now() + 20_000;
  const wait = { what: 'policies to be in force', timeoutMs: 60_000, signal: context.signal };
  const denied = callers.find(({ expected }) => expected === 'denied');
  await waitUntil(wait, async () => {
    for (const path of denied ? paths : []) {
      const verdict = await prober.probe(context.target, path, denied ?? {});
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

async function tryForgeries({ context, prober, paths, callers: [allowed] }: Trial): Promise<void> {
  const { target } = context;
  const { credential } = allowed ?? {};
  const gateways = paths.filter(({ via }) => via === 'gateway');
  const serverName = sniOf({ ...target, host: `nobody.${target.namespace}.svc.cluster.local` });
  const pods = paths.filter(({ via }) => via === 'pod');
  const elsewhere = gateways.flatMap((way) =>
    pods.filter(({ to }) => to === way.to).map(({ address }) => ({ from: way.from, address })),
  );
  const [forged, foreign] = await allOf([
    allOf(gateways.map((path) => prober.probe(target, path, { credential, serverName }))),
    allOf(elsewhere.map((path) => prober.probe(target, path, { credential }))),
  ]);
  concludeStates(context, 'forged', { seen: forged, wanted: 'closed' });
  concludeStates(context, 'foreign', { seen: foreign, wanted: 'unreachable' });
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
