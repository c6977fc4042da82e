import type { ComponentChildren } from 'preact';
import { ageOf } from '../model/entries.ts';
import { type Health, sign } from '../model/health.ts';
import { duration } from '../model/words.ts';

/** A state as sign, word and colour, so that no one of them has to be seen. */
export function Mark({ health, children }: { health: Health; children: ComponentChildren }) {
  return (
    <span class={`mark ${health}`}>
      <span aria-hidden="true">{sign[health]}</span> {children}
    </span>
  );
}

/** How long ago something was seen. */
export function Age({ observed, before = 'seen' }: { observed: number | undefined; before?: string }) {
  const age = ageOf(observed);
  return <span class="age">{age === undefined ? 'not seen yet' : `${before} ${duration(age)} ago`}</span>;
}

/** Why the last look gave nothing. */
export const Trouble = ({ text }: { text: string | undefined }) =>
  text ? <p class="trouble">{text}</p> : null;
