import { keysOf, seen, value } from '../model/entries.ts';
import { clusterHealth } from '../model/health.ts';
import { CheckList } from './check-list.tsx';
import { Age, Mark, Trouble } from './marks.tsx';
import { Table } from './table.tsx';

/** One cluster: as it is, or as it was when it last answered. */
export function ClusterDetails({ name }: { name: string }) {
  const card = value(`cluster/${name}`);
  const where = value('mesh')?.clusters.find((one) => one.name === name);
  if (!card) return <Trouble text={seen(`cluster/${name}`)?.trouble ?? 'not looked at yet'} />;
  const { now, last } = card;
  const status = now.unseen ? last?.status : now;
  const checks = keysOf('check').filter((key) => key.endsWith(`/${name}`));
  return (
    <>
      <p>
        <Mark health={clusterHealth(card)}>{now.state}</Mark> {now.detail}{' '}
        <Age observed={seen(`cluster/${name}`)?.observed} before="looked at" />
      </p>
      {now.unseen && (
        <>
          <Trouble text={`${now.unseen.message}${now.unseen.hint ? `; ${now.unseen.hint}` : ''}`} />
          <p>
            What follows is what it was. <Age observed={last?.at} before="last seen" />
          </p>
        </>
      )}
      <p>
        network {where?.network} · provider {where?.provider} · context {where?.context}
      </p>
      {status && (
        <div class={now.unseen ? 'old' : ''}>
          <Table
            caption="Gateways"
            heads={['Gateway', 'Healthy targets', 'Addresses']}
            empty="no gateway has a load balancer"
            rows={status.gateways.map(({ name: gateway, ready, total, addresses }) => ({
              key: gateway,
              cells: [gateway, `${ready} of ${total}`, addresses.join(', ') || 'none yet'],
            }))}
          />
          {status.problems.map((text) => (
            <Trouble key={text} text={text} />
          ))}
        </div>
      )}
      <h3>Checks</h3>
      <CheckList keys={checks} />
    </>
  );
}
