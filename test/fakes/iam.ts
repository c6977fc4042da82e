import type { PolicyDocument, PolicyStatement } from '../../src/eks/index.ts';

/** One call as IAM judges it. */
export interface Call {
  readonly action: string;
  readonly resource: string;
  /** Condition keys of the request, by their names. */
  readonly context?: Readonly<Record<string, string | readonly string[]>> | undefined;
}

/**
 * Does a policy allow a call? Of IAM's rules what the generated policies use: allowances alone, names
 * with asterisks, and the operators below; another operator is an error and never taken for fulfilled.
 */
export function allows({ Statement }: PolicyDocument, call: Call): boolean {
  return Statement.some(
    (statement) =>
      statement.Action.some((pattern) => matches(pattern, call.action)) &&
      statement.Resource.some((pattern) => matches(pattern, call.resource)) &&
      conditionsHold(statement, call),
  );
}

const matches = (pattern: string, text: string): boolean =>
  new RegExp(`^${pattern.split('*').map(escaped).join('.*')}$`).test(text);
const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

type Operator = (wanted: readonly string[], given: readonly string[] | undefined) => boolean;

const oneOf: Operator = (wanted, given) => given?.length === 1 && wanted.includes(given[0] as string);

const operators: Readonly<Record<string, Operator>> = {
  StringEquals: oneOf,
  ArnEquals: oneOf,
  Bool: oneOf,
  StringEqualsIfExists: (wanted, given) => given === undefined || oneOf(wanted, given),
  'ForAnyValue:StringEquals': (wanted, given = []) => given.some((value) => wanted.includes(value)),
  Null: (wanted, given) => wanted.includes(String(given === undefined)),
};

function conditionsHold({ Condition = {} }: PolicyStatement, { context = {} }: Call): boolean {
  return Object.entries(Condition).every(([name, keys]) => {
    const operator = operators[name];
    if (!operator) throw new TypeError(`no rule for the operator ${name}`);
    return Object.entries(keys).every(([key, wanted]) => {
      const given = context[key];
      return operator(wanted, given === undefined ? undefined : [given].flat());
    });
  });
}
