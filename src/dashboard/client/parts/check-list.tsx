import { value } from '../model/entries.ts';
import { checkHealth } from '../model/health.ts';
import { choose } from '../model/view-state.ts';
import { Mark } from './marks.tsx';

/** Results as links to their details. */
export function CheckList({ keys }: { keys: readonly string[] }) {
  return (
    <ul class="list">
      {keys.map((key) => {
        const result = value(key as 'check');
        return result ? (
          <li key={key}>
            <button type="button" class="plain link" onClick={() => choose({ select: key })}>
              {result.id}
            </button>{' '}
            <Mark health={checkHealth(result)}>{result.outcome.status}</Mark>
          </li>
        ) : null;
      })}
    </ul>
  );
}
