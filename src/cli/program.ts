import { Command, CommanderError } from 'commander';
import { ownCommand } from '../lib/own-command.js';
import { readVersion } from '../lib/version.js';
import { checkVerb } from './commands/check.js';
import { clockVerbs } from './commands/clock.js';
import { deliveryVerbs } from './commands/deliveries.js';
import { devVerb } from './commands/dev.js';
import { doctorVerb } from './commands/doctor.js';
import { eventVerbs } from './commands/events.js';
import { execVerb } from './commands/exec.js';
import { faultVerbs } from './commands/faults.js';
import { keyVerbs } from './commands/keys.js';
import { listenVerb } from './commands/listen.js';
import { providerVerbs } from './commands/providers.js';
import { receiverVerbs } from './commands/receiver.js';
import { scenarioVerbs } from './commands/scenarios.js';
import { scheduleVerbs } from './commands/schedules.js';
import { secretVerbs } from './commands/secrets.js';
import { sendVerb } from './commands/send.js';
import { startVerb } from './commands/start.js';
import { subscriptionVerbs } from './commands/subscriptions.js';
import { tenantVerbs } from './commands/tenants.js';
import { triggerVerb } from './commands/trigger.js';
import { verifyVerb } from './commands/verify.js';
import { EXIT, type Exit, failureOf, UsageError } from './failure.js';
import { flag } from './flags.js';
import type { Shell } from './shell.js';
import type { Bench } from './verb.js';

const EPILOGUE = `
Without --url a verb talks to the server of ./.ringer. Every flag can be given as the variable in brackets.
Exit codes: 0 done, 1 failed or found something, 2 the call or the configuration has to change.

Examples:
  ringer start
  ringer send noyo difference.created --to http://localhost:3000/hook
  ringer dev --provider noyo --to http://localhost:3000/hook
  ringer clock advance 3d --stop`;

/** Runs one command line. @returns its exit code; throws only what is a fault of ours. */
export async function run(argv: readonly string[], shell: Shell): Promise<Exit> {
  const bench: Bench = { shell, outcome: { exit: EXIT.ok } };
  const program = createProgram(bench);
  try {
    refuseUnknown(program, argv);
    await program.parseAsync([...argv], { from: 'user' });
    return bench.outcome.exit;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const failure = failureOf(error, ownCommand(shell.env));
    if (!failure) throw error;
    shell.say(`ringer: ${failure.line}`);
    return failure.exit;
  }
}

/** Before anything is read of it, so that no flag beside it makes it help for something else. */
function refuseUnknown({ commands }: Command, argv: readonly string[]): void {
  const [name] = argv.filter((word) => !word.startsWith('-'));
  const names = [...commands.map((command) => command.name()), 'help'];
  if (name === undefined || names.includes(name)) return;
  throw new UsageError(`unknown command '${name}'; there are: ${names.join(', ')}. See --help.`);
}

/** The whole tree; for the test that compares its flags with what the configuration knows. */
export function createProgram(bench: Bench): Command {
  const { shell } = bench;
  const program = new Command('ringer')
    .description('A dead ringer for webhook providers: sends what they send, signed and retried as they do.')
    .version(readVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .addOption(flag('--json', 'print one JSON document; one a line where there are many'))
    .option('--no-color', 'no colours [NO_COLOR]')
    .addHelpText('after', EPILOGUE)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      outputError: (text) =>
        shell.say(
          `ringer: ${text
            .replace(/^error: /, '')
            .replace(/\s*\n\s*/g, ' ')
            .trim()}. See --help.`,
        ),
    })
    .exitOverride();
  const verbs = [
    ...[
      startVerb,
      sendVerb,
      checkVerb,
      devVerb,
      triggerVerb,
      providerVerbs,
      subscriptionVerbs,
      eventVerbs,
      deliveryVerbs,
    ],
    ...[scenarioVerbs, scheduleVerbs, faultVerbs],
    ...[execVerb, listenVerb, verifyVerb],
    ...[clockVerbs, secretVerbs, receiverVerbs, tenantVerbs, keyVerbs, doctorVerb],
  ];
  for (const add of verbs) add(program, bench);
  return program;
}
