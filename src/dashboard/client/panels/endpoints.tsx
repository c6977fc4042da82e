import { useSignal } from '@preact/signals';
import { seen, value, valuesOf } from '../model/entries.ts';
import type { Health } from '../model/health.ts';
import { type ServiceAcross, servicesAcross } from '../model/services.ts';
import { choose, found, viewState } from '../model/view-state.ts';
import { count } from '../model/words.ts';
import { Age, Mark, Trouble } from '../parts/marks.tsx';
import { More } from '../parts/more.tsx';
import { Panel } from '../parts/panel.tsx';
import { EndpointTable } from './endpoint-table.tsx';

/** Shown at first, and more at each wish: a mesh may have hundreds. */
const atOnce = 40;

/** What each caller's proxy holds of every service, against what all clusters have. */
export function Endpoints() {
  const limit = useSignal(atOnce);
  const { wrong } = viewState.value;
  const all = servicesAcross();
  const shown = all.filter((one) => found(one.service) && (!wrong || one.differs + one.untold > 0));
  const differing = all.filter(({ differs }) => differs > 0).length;
  const note = `${count(all.length, 'service port')}, ${differing === 0 ? 'none differs' : `${differing} differ`}`;
  return (
    <Panel id="endpoints" title="Endpoints: expected and actual" of="endpoints" note={note}>
      <Callers />
      {shown.length === 0 && (
        <p class="empty">{all.length === 0 ? 'no service was seen yet' : 'nothing of that kind'}</p>
      )}
      <ul class="services">
        {shown.slice(0, limit.value).map((one) => (
          <Service key={one.service} across={one} />
        ))}
      </ul>
      <More limit={limit} of={shown.length} />
    </Panel>
  );
}

/** Whose proxies were asked, and what makes their answers less certain. */
function Callers() {
  const callers = valuesOf('endpoints');
  const notes = callers.flatMap(({ cluster, notes }) => notes.map((note) => `${cluster}: ${note}`));
  const silent = (value('mesh')?.clusters ?? []).flatMap(({ name }) => {
    const trouble = seen(`endpoints/${name}`)?.trouble;
    return trouble ? [`${name}: ${trouble}`] : [];
  });
  return (
    <>
      {callers.length <= 12 && (
        <p class="callers">
          Asked:{' '}
          {callers.map(({ cluster, caller }) => `${caller ?? 'nobody'} in ${cluster}`).join(', ') ||
            'nobody yet'}
        </p>
      )}
      {[...silent, ...notes].slice(0, 6).map((text) => (
        <Trouble key={text} text={text} />
      ))}
    </>
  );
}

function healthOf({ differs, untold, callers }: ServiceAcross): Health {
  if (differs > 0) return 'bad';
  if (untold > 0) return 'caution';
  return callers.every(({ row }) => row.state === 'not-compared') ? 'grey' : 'good';
}

function sayingOf({ callers, differs, untold }: ServiceAcross): string {
  const same = callers.filter(({ row }) => row.state === 'same').length;
  const parts = [
    ...(differs > 0 ? [`differs for ${count(differs, 'caller')}`] : []),
    ...(untold > 0 ? [`unknown to ${count(untold, 'caller')}`] : []),
    ...(same > 0 ? [`as expected for ${count(same, 'caller')}`] : []),
  ];
  return parts.join(', ') || 'not compared';
}

function Service({ across }: { across: ServiceAcross }) {
  const { service, callers } = across;
  const isOpen = viewState.value.service === service;
  return (
    <li>
      <button
        type="button"
        class="plain service"
        aria-expanded={isOpen}
        onClick={() => choose({ service: isOpen ? '' : service, caller: '' })}
      >
        <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span> <b>{service}</b>{' '}
        <Mark health={healthOf(across)}>{sayingOf(across)}</Mark>
      </button>
      {isOpen && <ServiceDetails across={across} />}
      {!isOpen &&
        callers
          .filter(({ row }) => row.state === 'differs')
          .slice(0, 3)
          .map(({ cluster, row }) => (
            <p class="trouble" key={cluster}>
              {cluster}: {row.notes[0]}
            </p>
          ))}
    </li>
  );
}

function ServiceDetails({ across: { service, callers } }: { across: ServiceAcross }) {
  const wanted = callers.find(({ cluster }) => cluster === viewState.value.caller);
  const chosen = wanted ?? callers.find(({ row }) => row.state === 'differs') ?? callers[0];
  if (!chosen) return null;
  const { cluster, row } = chosen;
  return (
    <div class="details">
      <label>
        Caller in{' '}
        <select value={cluster} onChange={(event) => choose({ caller: event.currentTarget.value })}>
          {callers.map((one) => (
            <option key={one.cluster} value={one.cluster}>
              {one.cluster}
              {one.row.state === 'differs' ? ' (differs)' : ''}
            </option>
          ))}
        </select>
      </label>{' '}
      <Age observed={seen(`endpoints/${cluster}`)?.observed} />
      {row.notes.map((text) => (
        <p class={row.state === 'differs' ? 'trouble' : 'empty'} key={text}>
          {text}
        </p>
      ))}
      <EndpointTable cluster={cluster} service={service} rows={row.endpoints} version={row} />
    </div>
  );
}
