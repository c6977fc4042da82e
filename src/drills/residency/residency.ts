import type { Drill, DrillContext, DrillPromise, DrillSubject } from '../drill.ts';
import { answersAgain } from '../failover/answers.ts';
import type { Step } from '../frame/change.ts';
import { blocked } from '../frame/target.ts';
import { untilGone } from '../frame/until-gone.ts';
import { forgeries, forgeryTable } from './forgeries.ts';
import { between, passageOf } from './passage.ts';
import { gatewayNames, proxyEndpoints } from './proxies.ts';
import { control, controlPods, firstResident, hasGateways, residentOf } from './subject.ts';
import { judge, marks } from './verdict.ts';

/** How long pods may take to come back. Seconds. */
const returnSeconds = 90;
const tailSeconds = 3;

/** A service that is kept in its clusters: what does anybody elsewhere see of it? */
export const residency: Drill = {
  id: 'residency',
  title: 'nobody in another cluster reaches a service that is kept in its own',
  lossesWanted: true,
  anywhere: true,
  service: firstResident,
  others: [controlPods],
  limits: [
    'what the service’s own application, or anybody who may call it, sends elsewhere',
    'DNS, logs, metrics, traces and backups, which may hold its data',
    'callers without a proxy that reach a pod by its address within one network; PeerAuthentication STRICT refuses them, and drill isolation looks at that',
    'other ways between the networks than the mesh’s gateways, such as peered VPCs or load balancers of one’s own',
    'what happened before or after: this was looked at from its beginning to its end',
  ],
  disruption: (subject) => {
    const { home } = residentOf(subject);
    const { namespace, name } = subject.target;
    return `${namespace}/${name} has no pods in ${home.cluster.spec.name} for a while, so that nobody there is answered`;
  },
  plan: (subject) => {
    const { clusters, home } = residentOf(subject);
    const { settings, target } = subject;
    return [
      `${settings.rate} requests a second from every cluster to ${target.host}, and to ${control.host}, which is shared`,
      `ask every proxy of every cluster for endpoints of it outside ${clusters.join(', ')}, and every gateway for its names`,
      'with a certificate of the mesh, ask every gateway for it by the name of the service and of each subset, and for the shared one',
      'compare what the gateways carried of it before and after',
      `in ${home.cluster.spec.name}, take its pods away: nobody else may answer`,
      'bring them back',
    ];
  },
  asked: ({ target: { url } }) => [
    { name: 'kept', connection: 'kept', url },
    { name: 'fresh', connection: 'fresh', url },
    { name: 'control', connection: 'fresh', url: control.url },
  ],
  promises: (subject) => promisesOf(subject),
  run,
};

function promisesOf(subject: DrillSubject): DrillPromise[] {
  const { clusters, home } = residentOf(subject);
  const names = clusters.join(', ');
  const gateways = [
    {
      id: 'control',
      title: `the same probes reach ${control.name}, which is shared`,
      expected: 'let through by every gateway, under load as well',
    },
    { id: 'names', title: 'no gateway knows a name of it', expected: '0 names' },
    {
      id: 'forged',
      title: 'who asks a gateway for it all the same is cut off',
      expected: 'closed by every gateway',
    },
    {
      id: 'bytes',
      title: 'nothing of it passes a gateway',
      expected: 'no connection made or open, and 0 bytes where gateways count them',
    },
  ];
  return [
    {
      id: 'endpoints',
      title: 'no proxy elsewhere has an endpoint of it',
      expected: '0 endpoints in all proxies',
    },
    {
      id: 'home',
      title: `${names} answer their own callers`,
      expected: 'every request, by the caller’s own cluster',
    },
    { id: 'elsewhere', title: `nobody outside ${names} is answered`, expected: '0 answers' },
    {
      id: 'empty',
      title: `without pods in ${home.cluster.spec.name} nobody answers its callers`,
      expected: '0 answers',
    },
    ...(hasGateways(subject) ? gateways : []),
  ];
}

async function run(context: DrillContext): Promise<void> {
  const { settings, target } = context;
  const before = await passages(context);
  const first = await context.step({ phase: 'baseline', title: 'every proxy, every gateway' }, async () => {
    await context.mark(marks.home);
    const found = await look(context);
    await context.watch(settings.durationSeconds);
    return found;
  });
  const forged = await context.step({ phase: 'observe', title: 'forged names at every gateway' }, () =>
    forgeries(context),
  );
  const steps = await takeAway(context);
  const last = await context.step({ phase: 'observe', title: 'nobody is at home' }, async () => {
    await context.mark(marks.empty);
    const found = await look(context);
    await context.watch(settings.durationSeconds);
    await context.mark(marks.back);
    return found;
  });
  const end = await passages(context);
  await giveBack(context, steps);
  await context.finish();
  if (forged.length > 0) context.table(forgeryTable(forged));
  judge(context, {
    proxies: [first.proxies, last.proxies],
    names: [first.names, last.names],
    forged,
    passed: between(before.own, end.own),
    shared: between(before.shared, end.shared),
  });
  context.note(
    `${target.host} is kept in ${residentOf(context).clusters.join(', ')} by the mesh file ${context.topology.file}`,
  );
}

const look = async (context: DrillContext) => ({
  proxies: await proxyEndpoints(context, residentOf(context).clusters),
  names: await gatewayNames(context),
});

const passages = async (context: DrillContext) => ({
  own: await passageOf(context, context.target.host),
  shared: await passageOf(context, control.host),
});

async function takeAway(context: DrillContext): Promise<Step[]> {
  const { home } = residentOf(context);
  const { journal, target } = context;
  const { cluster, workloads } = home;
  const name = cluster.spec.name;
  if (workloads.length === 0)
    throw blocked(`nothing that could be scaled makes the pods of ${target.name} in ${name}`, {
      hint: 'a pod without a Deployment would not come back',
    });
  return context.step({ phase: 'act', title: 'take its pods away', cluster: name }, async () => {
    await context.mark(marks.act);
    const steps: Step[] = [];
    for (const ref of workloads)
      steps.push(await journal.act(cluster, { kind: 'patch', ref, set: { spec: { replicas: 0 } } }));
    const { namespace, selector: labelSelector } = target;
    await untilGone(context, cluster, { namespace, labelSelector });
    // Requests that were under way when the last pod ended are none of an empty home.
    await context.watch(1);
    return steps;
  });
}

async function giveBack(context: DrillContext, steps: readonly Step[]): Promise<void> {
  const victim = residentOf(context).home.cluster.spec.name;
  await context.step({ phase: 'undo', title: 'bring its pods back', cluster: victim }, async () => {
    await context.undo(steps);
    await answersAgain(context, { victim, hits: 'own', seconds: returnSeconds });
    await context.watch(tailSeconds);
    await context.mark(marks.end);
  });
}
