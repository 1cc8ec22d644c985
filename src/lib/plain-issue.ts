import type { core } from 'zod';

type Raw = core.$ZodRawIssue;

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
  date: 'a date',
  bigint: 'a whole number',
};
const FORMS: Readonly<Record<string, string>> = {
  datetime: 'an instant in ISO 8601, such as 2026-01-31T08:00:00Z',
  date: 'a date, such as 2026-01-31',
  time: 'a time, such as 08:00:00',
  uuid: 'a UUID',
  guid: 'a UUID',
  url: 'a URL',
  email: 'an email address',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
  base64: 'base64',
};

/**
 * What zod finds at fault, as the end of a sentence that begins with the path: `secret must be text, not a number`. For the
 * `error` of a parse; a message that a schema brings of its own wins. Undefined leaves it to zod.
 */
export function plainIssue(issue: Raw): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is missing';
      // What was to become a number and is none; the text itself is gone by then.
      if (Number.isNaN(issue.input)) return 'must be a number';
      return `must be ${KINDS[issue.expected] ?? issue.expected}, not ${kindOf(issue.input)}`;
    case 'invalid_value':
      if (issue.input === undefined) return 'is missing';
      return issue.values.length === 1
        ? `must be ${shown(issue.values[0])}`
        : `must be one of ${issue.values.map(shown).join(', ')}`;
    case 'too_small':
      return small(issue);
    case 'too_big':
      return `must ${sized(issue.origin) ? 'have' : 'be'} ${issue.exact ? 'exactly' : issue.inclusive === false ? 'less than' : 'at most'} ${measure(issue.maximum, issue.origin)}`;
    case 'invalid_format':
      return form(issue);
    case 'not_multiple_of':
      return issue.divisor === 1 ? 'must be a whole number' : `must be a multiple of ${issue.divisor}`;
    case 'unrecognized_keys':
      return `has unknown keys: ${fewKeys(issue.keys)}`;
    case 'invalid_key':
      return 'has a key of the wrong form';
    case 'invalid_union':
      return issue.input === undefined ? 'is missing' : 'has none of the forms it may have';
    default:
      return undefined;
  }
}

/** A body may have a hundred thousand. */
function fewKeys(keys: readonly string[]): string {
  const few = keys.slice(0, 10).map((key) => key.slice(0, 100));
  return [...few, ...(keys.length > 10 ? [`${keys.length - 10} more`] : [])].join(', ');
}

function small(issue: Extract<Raw, { code: 'too_small' }>): string {
  const { minimum, origin, exact, inclusive } = issue;
  if (sized(origin) && Number(minimum) === 1 && !exact) return 'must not be empty';
  const bound = exact ? 'exactly' : inclusive === false ? 'more than' : 'at least';
  return `must ${sized(origin) ? 'have' : 'be'} ${bound} ${measure(minimum, origin)}`;
}

function form(issue: Extract<Raw, { code: 'invalid_format' }>): string {
  const { format, pattern, prefix, suffix, includes } = issue as typeof issue & Record<string, unknown>;
  if (format === 'starts_with') return `must begin with "${prefix}"`;
  if (format === 'ends_with') return `must end with "${suffix}"`;
  if (format === 'includes') return `must contain "${includes}"`;
  if (format === 'regex') return `must fit ${pattern}`;
  return `must be ${FORMS[format] ?? format}`;
}

const SIZED: Readonly<Record<string, string>> = {
  string: 'character',
  array: 'entry',
  set: 'entry',
  map: 'entry',
};

function sized(origin: string): boolean {
  return origin in SIZED;
}

function measure(bound: number | bigint | Date, origin: string): string {
  const unit = SIZED[origin];
  if (unit === undefined) return String(bound);
  const one = Number(bound) === 1;
  return `${bound} ${one ? unit : unit === 'entry' ? 'entries' : `${unit}s`}`;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : String(value);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number' && !Number.isFinite(value)) return 'no number';
  return typeof value === 'number' && !Number.isInteger(value)
    ? 'a fraction'
    : (KINDS[typeof value] ?? typeof value);
}
