import { useEffect } from 'preact/hooks';
import { connection } from './model/connection.ts';
import { value } from './model/entries.ts';
import { choose, viewState } from './model/view-state.ts';
import { Checks } from './panels/checks.tsx';
import { Drills } from './panels/drills.tsx';
import { Endpoints } from './panels/endpoints.tsx';
import { Secrets } from './panels/secrets.tsx';
import { Topology } from './panels/topology.tsx';
import { Trust } from './panels/trust.tsx';
import { Versions } from './panels/versions.tsx';
import { Header } from './parts/header.tsx';
import { SidePanel } from './parts/side-panel.tsx';

const panels = [
  ['topology', 'Topology'],
  ['checks', 'Checks'],
  ['endpoints', 'Endpoints'],
  ['trust', 'Trust'],
  ['secrets', 'Remote secrets'],
  ['versions', 'Versions'],
  ['drills', 'Drills'],
] as const;

export function App() {
  const { theme, select } = viewState.value;
  const name = value('mesh')?.name;
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme;
  }, [theme]);
  useEffect(() => {
    if (name) document.title = `${name} · isthmus`;
  }, [name]);
  return (
    <div class={select ? 'page with-side' : 'page'}>
      <div class="main">
        <Header />
        {connection.value !== 'refused' && (
          <>
            <Navigation />
            <main>
              <Topology />
              <Checks />
              <Endpoints />
              <Trust />
              <Secrets />
              <Versions />
              <Drills />
            </main>
          </>
        )}
      </div>
      <SidePanel />
    </div>
  );
}

/** The address's fragment holds what a reader chose, so that these are buttons and no links. */
function Navigation() {
  const go = (id: string) => {
    const { closed } = viewState.value;
    if (closed.includes(id)) choose({ closed: closed.filter((one) => one !== id) });
    const heading = document.querySelector<HTMLElement>(`#${id} .fold`);
    heading?.scrollIntoView({ block: 'start' });
    heading?.focus({ preventScroll: true });
  };
  return (
    <nav aria-label="Panels">
      {panels.map(([id, title]) => (
        <button type="button" key={id} onClick={() => go(id)}>
          {title}
        </button>
      ))}
    </nav>
  );
}
