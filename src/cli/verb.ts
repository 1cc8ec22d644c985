import type { Command } from 'commander';
import { type Api, createApi } from './api.js';
import { connect, type ServerFlags, serverFlags } from './connection.js';
import type { Exit } from './failure.js';
import { type Flag, readTwins, withFlags } from './flags.js';
import type { Shell } from './shell.js';

export interface VerbSpec {
  /** `show <id>` */
  usage: string;
  summary: string;
  flags?: readonly Flag[];
  /** Without the leading `ringer`. */
  examples?: readonly string[];
  /** What its group does when no verb is named. */
  isDefault?: boolean;
  /** Needs no server. */
  offline?: boolean;
  /** Takes the operator's token where no key is given. */
  operator?: boolean;
}

/** One call of a verb, its flags read. */
export interface Call<Flags> {
  args: readonly string[];
  /** The first argument, as it may stand in a path. */
  id: string;
  flags: Flags;
  shell: Shell;
  /** Whether one JSON document is wanted instead of text. */
  json: boolean;
  api(): Promise<Api>;
  /** The answer: the document, or what a person reads of it. */
  show(document: unknown, text: () => string): void;
}

type Run<Flags> = (call: Call<Flags>) => Promise<Exit | undefined>;

/** The exit code of the verb that ran; filled while parsing. */
export interface Outcome {
  exit: Exit;
}

export interface Bench {
  shell: Shell;
  outcome: Outcome;
}

/** Puts a verb on a program or a group. */
export function verb<Flags extends object>(
  parent: Command,
  bench: Bench,
  spec: VerbSpec,
  run: Run<Flags>,
): Command {
  const { shell, outcome } = bench;
  const command = parent
    .command(spec.usage, { isDefault: spec.isDefault === true })
    .description(spec.summary);
  withFlags(command, ...(spec.flags ?? []), ...(spec.offline ? [] : serverFlags()));
  if (spec.examples)
    command.addHelpText('after', `\nExamples:\n${spec.examples.map((e) => `  ringer ${e}`).join('\n')}`);
  command.action(async () => {
    for (let at: Command | null = command; at; at = at.parent) readTwins(at, shell.env);
    const flags = command.optsWithGlobals() as Flags & ServerFlags & { json?: boolean };
    const json = flags.json === true;
    const result = await run({
      args: command.args,
      id: encodeURIComponent(command.args[0] ?? ''),
      flags,
      shell,
      json,
      api: async () => createApi(await connect(flags, shell, spec.operator), shell),
      show(document, text) {
        const shown = json ? JSON.stringify(document, null, 2) : text();
        if (shown !== '') shell.out(shown);
      },
    });
    if (result !== undefined) outcome.exit = result;
  });
  return command;
}

/** A noun whose verbs follow. */
export function group(program: Command, name: string, summary: string): Command {
  return program.command(name).description(summary);
}
