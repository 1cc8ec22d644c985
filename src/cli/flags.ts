import { type Command, Option } from 'commander';
import { UsageError } from './failure.js';
import type { Shell } from './shell.js';

/** A flag with its twin in the environment; a flag that is given wins. */
export class Flag extends Option {
  readonly twin: string;
  /** Given more than once; in the environment one a line. */
  many = false;

  /** @param twin default: `--max-in-flight` is RINGER_MAX_IN_FLIGHT. */
  constructor(flags: string, description: string, twin?: string) {
    super(flags, description);
    this.twin = twin ?? `RINGER_${this.name().toUpperCase().replaceAll('-', '_')}`;
    this.description = `${description} [${this.twin}]`;
  }
}

export function flag(flags: string, description: string, twin?: string): Flag {
  return new Flag(flags, description, twin);
}

/** A flag that may stand several times. */
export function listFlag(flags: string, description: string): Flag {
  const made = new Flag(flags, `${description}; may stand several times`);
  made.many = true;
  made.argParser<string[]>((value, before) => [...(before ?? []), value]);
  return made;
}

export function withFlags(command: Command, ...flags: readonly Flag[]): Command {
  for (const one of flags) command.addOption(one);
  return command;
}

/** Fills what was not given from the environment; an empty variable counts as absent. */
export function readTwins(command: Command, env: Shell['env']): void {
  for (const option of command.options) {
    const value = option instanceof Flag ? env[option.twin] : undefined;
    const key = option.attributeName();
    if (!(option instanceof Flag) || !value || command.getOptionValue(key) !== undefined) continue;
    command.setOptionValueWithSource(key, parseTwin(option, value), 'env');
  }
}

function parseTwin(option: Flag, value: string): unknown {
  if (option.many) return value.split('\n').filter(Boolean);
  if (option.isBoolean()) return isYes(option.twin, value);
  if (option.argChoices && !option.argChoices.includes(value)) {
    throw new UsageError(`${option.twin} is "${value}"; it may be: ${option.argChoices.join(', ')}.`);
  }
  return value;
}

function isYes(twin: string, value: string): boolean {
  if (['1', 'true', 'yes', 'on'].includes(value.toLowerCase())) return true;
  if (['0', 'false', 'no', 'off'].includes(value.toLowerCase())) return false;
  throw new UsageError(`${twin} is "${value}"; it may be: 1, 0.`);
}

/** For flags a command cannot do without: checked here, so that the environment may have given them. */
export function need(value: string | undefined, flags: string): string {
  if (value !== undefined) return value;
  throw new UsageError(`${flags} is missing.`);
}

export function wholeNumber(value: string | undefined, flags: string): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new UsageError(`${flags} takes a whole number, not "${value}".`);
}
