import { useEffect, useRef } from 'preact/hooks';
import type { CheckResult, Problem } from '../../../report/index.ts';
import { keysOf, seen, value } from '../model/entries.ts';
import { checkHealth, linkOf } from '../model/health.ts';
import { sentenceOf } from '../model/link-words.ts';
import { choose, viewState } from '../model/view-state.ts';
import { CheckList } from './check-list.tsx';
import { ClusterDetails } from './cluster-details.tsx';
import { Age, Mark, Trouble } from './marks.tsx';

let opener: Element | null = null;

/** What is known of the one thing that a reader chose. Escape closes it and goes back to where one was. */
export function SidePanel() {
  const { select } = viewState.value;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!select) return;
    opener = document.activeElement;
    heading.current?.focus();
  }, [select]);
  if (!select) return null;
  const close = () => {
    choose({ select: '' });
    if (opener instanceof HTMLElement || opener instanceof SVGElement) opener.focus();
  };
  const [kind = '', ...rest] = select.split('/');
  const name = rest.join('/');
  return (
    <aside aria-labelledby="side-title" onKeyDown={(event) => event.key === 'Escape' && close()}>
      <header class="side-head">
        <h2 id="side-title" tabIndex={-1} ref={heading}>
          {kind} {kind === 'link' ? name.replace('/', ' → ') : name.replace('/', ' · ')}
        </h2>
        <button type="button" onClick={close}>
          Close
        </button>
      </header>
      {kind === 'cluster' && <ClusterDetails name={name} />}
      {kind === 'link' && <LinkDetails from={rest[0] ?? ''} to={rest[1] ?? ''} />}
      {kind === 'check' && <CheckDetails id={select as `check/${string}`} />}
    </aside>
  );
}

function LinkDetails({ from, to }: { from: string; to: string }) {
  const link = linkOf(from, to);
  const about = keysOf('check').filter((key) =>
    [`/${from} → ${to}`, `/${from}`].some((end) => key.endsWith(end)),
  );
  return (
    <>
      <p>
        <Mark health={link.health}>{sentenceOf(link)}</Mark>
      </p>
      <CheckList keys={about} />
    </>
  );
}

function CheckDetails({ id }: { id: `check/${string}` }) {
  const result = value(id);
  if (!result) return <p class="empty">it has no result now</p>;
  const { outcome, title, docs } = result;
  return (
    <>
      <p>
        <Mark health={checkHealth(result)}>{outcome.status}</Mark> {title}
      </p>
      <Age observed={seen(id)?.observed} />
      <p>{sayingOf(result)}</p>
      {'problems' in outcome &&
        outcome.problems.map((problem, at) => <ProblemText key={at} problem={problem} />)}
      {'evidence' in outcome && (outcome.evidence ?? []).length > 0 && (
        <>
          <h3>Seen</h3>
          <pre>{(outcome.evidence ?? []).join('\n')}</pre>
        </>
      )}
      <p class="age">page {docs}</p>
    </>
  );
}

function sayingOf({ outcome }: CheckResult): string {
  if (outcome.status === 'skip') return outcome.reason;
  return outcome.status === 'blocked' ? `blocked by ${outcome.by}` : outcome.detail;
}

function ProblemText({ problem }: { problem: Problem }) {
  const { message, cluster, object, evidence, cause, fix } = problem;
  const lines = [
    ['where', [cluster, object].filter(Boolean).join(' · ')],
    ['seen', evidence],
    ['cause', cause],
    ['fix', fix],
  ].filter(([, text]) => text);
  return (
    <article class="problem">
      <Trouble text={message} />
      <dl>
        {lines.map(([label, text]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{label === 'fix' ? <code>{text}</code> : text}</dd>
          </div>
        ))}
      </dl>
    </article>
  );
}
