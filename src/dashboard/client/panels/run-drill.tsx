import { useSignal } from '@preact/signals';
import { requestDrill } from '../model/connection.ts';
import { value } from '../model/entries.ts';
import { Mark, Trouble } from '../parts/marks.tsx';

/** Begin a drill, where the page may; what it says as it goes. */
export function RunDrill() {
  const progress = value('progress');
  return (
    <>
      {(value('mesh')?.drills.length ?? 0) > 0 && <DrillForm />}
      {progress && (
        <details open={progress.end === undefined}>
          <summary>
            <Mark health={progress.end === undefined ? 'caution' : progress.end === 'done' ? 'good' : 'bad'}>
              {progress.drill}: {progress.end ?? 'under way'}
            </Mark>
          </summary>
          <pre role="log" aria-label={`what ${progress.drill} says`}>
            {progress.lines.join('\n')}
          </pre>
        </details>
      )}
    </>
  );
}

/** Whoever breaks something says its name. */
function DrillForm() {
  const drills = value('mesh')?.drills ?? [];
  const chosen = useSignal(drills[0]?.id ?? '');
  const kind = useSignal('');
  const typed = useSignal('');
  const trouble = useSignal<string | undefined>(undefined);
  const drill = drills.find(({ id }) => id === chosen.value);
  const begin = async (event: SubmitEvent) => {
    event.preventDefault();
    trouble.value = await requestDrill({ drill: chosen.value, kind: kind.value });
    typed.value = '';
  };
  return (
    <form class="controls" aria-label="Run a drill" onSubmit={(event) => void begin(event)}>
      <label>
        Drill{' '}
        <select
          value={chosen.value}
          onChange={(event) => {
            chosen.value = event.currentTarget.value;
            kind.value = '';
          }}
        >
          {drills.map(({ id, title }) => (
            <option key={id} value={id}>
              {id}: {title}
            </option>
          ))}
        </select>
      </label>
      {drill && drill.kinds.length > 0 && (
        <label>
          Kind{' '}
          <select value={kind.value} onChange={(event) => (kind.value = event.currentTarget.value)}>
            <option value="">its usual one</option>
            {drill.kinds.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
      )}
      <label>
        It breaks things for a while; type its name to begin{' '}
        <input value={typed.value} onInput={(event) => (typed.value = event.currentTarget.value)} />
      </label>
      <button type="submit" disabled={typed.value !== chosen.value}>
        Begin
      </button>
      <Trouble text={trouble.value} />
    </form>
  );
}
