import * as z from 'zod';
import { isCidr, parseCidr } from '../ip.ts';
import { peersRange } from '../source-ranges.ts';

/** A schema's error text: what is wrong with the value, then on a second line what to do. */
export const complaint = (fault: string, hint: string): string => `${fault}\n${hint}`;

/** A string of one pattern. */
export const text = (pattern: RegExp, fault: string, hint: string) =>
  z.string().regex(pattern, complaint(fault, hint));

/** A lower-case DNS label, since names become host names, contexts and labels. */
export const dnsLabel = (max: number) =>
  z
    .string()
    .regex(
      /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
      complaint(
        'is not a lower-case DNS label',
        'use a–z, 0–9 and hyphens, beginning and ending with a letter or digit',
      ),
    )
    .max(max, complaint(`is longer than ${max} characters`, 'choose a shorter name'));

/**
 * A name that somebody else gave, in whatever way labels allow: upper case, underscores, dots. Longer or with
 * other characters it could be neither the key of a remote secret nor the value of a network's label.
 * @param otherwise what to do where the name cannot be chosen
 */
export const labelValue = (otherwise: string) =>
  z
    .string()
    .regex(
      /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/,
      complaint(
        'is not the value of a label',
        `use letters, digits, hyphens, underscores and dots, beginning and ending with a letter or digit${otherwise}`,
      ),
    )
    .max(63, complaint('is longer than 63 characters', `choose a shorter name${otherwise}`));

/** A block of addresses of either family: text in the file, as the given schema has it, and a Cidr from here on. */
export const cidr = (written = z.string()) =>
  written.transform((value, context) => {
    const parsed = parseCidr(value);
    if (isCidr(parsed)) return parsed;
    context.addIssue({ code: 'custom', message: complaint(parsed.fault, parsed.hint) });
    return z.NEVER;
  });

/** A block of addresses, or `peers` for those that the mesh's clusters send from. */
export const sourceRange = () =>
  z.string().transform((value, context) => {
    if (value === peersRange) return value;
    const parsed = parseCidr(value);
    if (isCidr(parsed)) return parsed;
    context.addIssue({ code: 'custom', message: complaint(parsed.fault, parsed.hint) });
    return z.NEVER;
  });

/** A whole number in a range, both ends included. */
export const whole = (min: number, max: number) => {
  const message = complaint(
    `is not a whole number from ${min} to ${max}`,
    `give a number from ${min} to ${max}`,
  );
  return z.int(message).min(min, message).max(max, message);
};

/** One of a few strings. */
export const oneOf = <const T extends readonly [string, ...string[]]>(values: T) => z.enum(values);

/** Any text but an empty one. */
export const nonEmpty = () => z.string().min(1, complaint('is empty', 'give a value or leave the key out'));
