import { InvalidArgumentError } from 'commander';

/** A flag's value in seconds: a whole number from 0 to a day. */
export function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 86_400)
    throw new InvalidArgumentError('expected whole seconds from 0 to 86400.');
  return value;
}
