import { catchUp, connection } from '../model/connection.ts';
import { seen, shownAt, value } from '../model/entries.ts';
import { summary } from '../model/health.ts';
import { choose, type ViewState, viewState } from '../model/view-state.ts';
import { Age, Mark, Trouble } from './marks.tsx';

/** What is wrong, in one line; whether the page is up to date; and what a reader chooses. */
export function Header() {
  const mesh = value('mesh');
  const { health, text } = summary.value;
  return (
    <header class="top">
      <h1>
        {mesh ? mesh.name : 'isthmus'} <span class="light">mesh {mesh?.meshID}</span>
      </h1>
      <p class="summary" role="status">
        <Mark health={health}>{text}</Mark>
      </p>
      <Trouble text={seen('mesh')?.trouble} />
      <Connection />
      <Controls />
    </header>
  );
}

const words = {
  starting: 'connecting',
  live: 'live',
  cut: 'no connection to isthmus: what is shown grows old; trying again',
  refused: 'not let in: open the address that isthmus dashboard printed',
} as const;

function Connection() {
  const how = connection.value;
  if (how === 'file')
    return (
      <p class="connection">
        one moment: {new Date(shownAt.value).toISOString().replace('T', ' ').slice(0, 19)} UTC
      </p>
    );
  const paused = viewState.value.paused && how === 'live';
  return (
    <p class={`connection ${how}`} role="status">
      {paused ? 'paused' : words[how]} <Age observed={shownAt.value} before="· last change" />
    </p>
  );
}

const pause = (paused: boolean) => {
  choose({ paused });
  if (!paused) catchUp();
};

function Controls() {
  const { find, paused, wrong, theme } = viewState.value;
  return (
    <search class="controls">
      <label>
        Find{' '}
        <input
          type="search"
          value={find}
          placeholder="cluster, service, check, address"
          onInput={(event) => choose({ find: event.currentTarget.value })}
        />
      </label>
      <label>
        <input
          type="checkbox"
          checked={wrong}
          onChange={(event) => choose({ wrong: event.currentTarget.checked })}
        />{' '}
        only what is wrong
      </label>
      {connection.value !== 'file' && (
        <button type="button" aria-pressed={paused} onClick={() => pause(!paused)}>
          {paused ? 'Go on' : 'Pause'}
        </button>
      )}
      <label>
        Colours{' '}
        <select
          value={theme}
          onChange={(event) => choose({ theme: event.currentTarget.value as ViewState['theme'] })}
        >
          <option value="auto">as the system</option>
          <option value="light">light</option>
          <option value="dark">dark</option>
        </select>
      </label>
    </search>
  );
}
