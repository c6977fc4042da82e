import { computed } from '@preact/signals';
import type { CallerEndpoints, CheckResult } from '../../../report/index.ts';
import type { ClusterCard } from '../../state/panels.ts';
import { value, valuesOf } from './entries.ts';

/** `grey`: nobody can say, as it does not answer or was not looked at yet. */
export type Health = 'good' | 'caution' | 'bad' | 'grey';

export const sign: Readonly<Record<Health, string>> = { good: '✓', caution: '!', bad: '✕', grey: '?' };

const order: readonly Health[] = ['bad', 'caution', 'grey', 'good'];

/** The worst of several; grey of none. */
export const worst = (all: readonly Health[]): Health => order.find((one) => all.includes(one)) ?? 'grey';

export function checkHealth({ outcome }: CheckResult): Health {
  if (outcome.status === 'pass') return 'good';
  if (outcome.status === 'warn') return 'caution';
  return outcome.status === 'fail' ? 'bad' : 'grey';
}

export function clusterHealth(card: ClusterCard | undefined): Health {
  if (!card || card.now.unseen || card.now.state === 'absent') return 'grey';
  const { state, istiod, gateways, remotes, problems } = card.now;
  if (state === 'failed' || (istiod && istiod.ready === 0)) return 'bad';
  const sick = gateways.some(
    ({ ready, total, addresses }) => ready === 0 || ready < total || addresses.length === 0,
  );
  if (sick || remotes.some(({ synced }) => !synced)) return 'bad';
  return state !== 'ready' || problems.length > 0 || (istiod && istiod.ready < istiod.total)
    ? 'caution'
    : 'good';
}

/** What is known of the way from one cluster to another. */
export interface Link {
  readonly from: string;
  readonly to: string;
  readonly health: Health;
  readonly reach: CheckResult | undefined;
  /** As every istiod of `from` sees the API server of `to`; empty if none was seen. */
  readonly sync: readonly string[];
  /** Part of the answers to `from` that `to` gave, as measured and as expected. */
  readonly share?: number | undefined;
  readonly expected?: number | undefined;
  readonly medianMs?: number | undefined;
  /** One end of it does not answer. */
  readonly dead: boolean;
}

/** Between networks the way leads through the target's east-west gateways; those without a healthy target answer nobody. */
function hasSilentGateway(from: string, target: ClusterCard | undefined): boolean {
  const clusters = value('mesh')?.clusters ?? [];
  const network = (name: string | undefined) => clusters.find((one) => one.name === name)?.network;
  const gateways = (target?.now.gateways ?? []).filter(({ name }) => name.includes('eastwest'));
  const hops = network(from) !== network(target?.now.cluster);
  return hops && gateways.length > 0 && gateways.every(({ ready }) => ready === 0);
}

export function linkOf(from: string, to: string): Link {
  const [source, target] = [value(`cluster/${from}`), value(`cluster/${to}`)];
  const reach = value(`check/reach/${from} → ${to}`);
  const figures = value(`traffic/${from}`);
  const remotes = (source?.now.remotes ?? []).filter(({ peer }) => peer === to);
  const dead = [source, target].some((card) => !card || card.now.unseen || card.now.state === 'absent');
  const answers = Object.values(figures?.answers ?? {}).reduce((sum, one) => sum + one.count, 0);
  const own = figures?.answers[to];
  const parts: Health[] = [
    ...(reach ? [checkHealth(reach)] : []),
    ...remotes.map(({ synced }): Health => (synced ? 'good' : 'bad')),
    ...(figures?.expected[to] && !own ? ['bad' as const] : []),
    ...(hasSilentGateway(from, target) ? ['bad' as const] : []),
  ];
  return {
    from,
    to,
    health: dead ? 'grey' : worst(parts),
    reach,
    sync: remotes.map(({ state }) => state),
    share: figures && answers > 0 ? (own?.count ?? 0) / answers : undefined,
    expected: figures?.expected[to],
    medianMs: own?.medianMs,
    dead,
  };
}

/** Names of the clusters, in the order of the file. */
export const clusterNames = computed(() => value('mesh')?.clusters.map(({ name }) => name) ?? []);

const differed = new WeakMap<CallerEndpoints, number>();

/** How many services of a caller differ; counted once for each look. */
function differing(caller: CallerEndpoints): number {
  const known = differed.get(caller);
  if (known !== undefined) return known;
  const number = caller.services.filter(({ state }) => state === 'differs').length;
  differed.set(caller, number);
  return number;
}

/** What the page says of the whole mesh in one line. */
export const summary = computed(() => {
  const cards = clusterNames.value.map((name) => value(`cluster/${name}`));
  const dead = clusterNames.value.filter((_, at) => cards[at]?.now.unseen);
  const checks = valuesOf('check');
  const failed = checks.filter((one) => checkHealth(one) === 'bad').length;
  const doubtful = checks.filter((one) => checkHealth(one) === 'caution').length;
  const services = valuesOf('endpoints').reduce((sum, one) => sum + differing(one), 0);
  const sick = cards.filter((card) => clusterHealth(card) === 'bad').length;
  const health: Health =
    failed + services + sick > 0 || dead.length > 0
      ? 'bad'
      : doubtful > 0
        ? 'caution'
        : checks.length > 0
          ? 'good'
          : 'grey';
  const parts = [
    ...(dead.length > 0 ? [`${dead.join(', ')} ${dead.length === 1 ? 'does' : 'do'} not answer`] : []),
    ...(sick > 0 ? [`${sick} of ${cards.length} clusters not well`] : []),
    ...(failed > 0 ? [`${failed} of ${checks.length} checks fail`] : []),
    ...(services > 0 ? [`${services} endpoint lists differ`] : []),
    ...(doubtful > 0 ? [`${doubtful} checks warn`] : []),
  ];
  if (parts.length > 0) return { health, text: parts.join('; ') };
  return { health, text: checks.length > 0 ? 'the mesh is as it should be' : 'the first look is under way' };
});
