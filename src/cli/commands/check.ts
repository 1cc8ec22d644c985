import { accessSync, constants, existsSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { isClean } from '../../checks/report.js';
import { parseConfig } from '../../config.js';
import {
  type CheckInput,
  type CheckReport,
  type CheckSurroundings,
  checkConsumer,
  fuzzConsumer,
  reportText,
  storyTest,
} from '../../index.js';
import { durationRefusal, parseDuration } from '../../lib/duration.js';
import { ownCommand } from '../../lib/own-command.js';
import { checkLine, checkSummary, fuzzText } from '../check-text.js';
import { EXIT, type Exit, UsageError } from '../failure.js';
import { flag, listFlag, need, wholeNumber } from '../flags.js';
import { headersFrom, settingsFrom } from '../pairs.js';
import { type Bench, type Call, verb } from '../verb.js';
import { withoutDatabase } from '../without-database.js';

interface CheckFlags {
  provider?: string;
  to?: string;
  secret?: string;
  retiredSecret?: string;
  effects?: string;
  readApi?: string;
  only?: string[];
  level?: string;
  seed?: string;
  timeout?: string;
  report?: string[];
  preset?: string[];
  setting?: string[];
  header?: string[];
  environment?: string;
  fuzz?: boolean;
  runs?: string;
  save?: string;
}

const FORMATS = ['json', 'junit', 'html'] as const;

export function checkVerb(program: Command, bench: Bench): void {
  verb<CheckFlags>(
    program,
    bench,
    {
      usage: 'check',
      summary: 'Check a consumer: is it ready for what the provider sends in bad times?',
      offline: true,
      flags: [
        flag('--provider <provider>', 'whose webhooks the consumer takes'),
        flag('--to <url>', 'where it takes them'),
        flag('--secret <secret>', 'the secret it knows'),
        flag('--retired-secret <secret>', 'was the secret once, and must be refused'),
        flag('--effects <url>', 'answers GET with the consumer’s business state as JSON; opens level 1'),
        flag('--read-api <port>', 'with --level 2: serves the provider’s API there, for the consumer to ask'),
        listFlag('--only <id>', 'a check (SIG-05) or a group (SIG), or several with commas'),
        flag(
          '--level <n>',
          'what is looked at: 0 answers, 1 effects, 2 reconciliation; default: what can be seen',
        ),
        flag('--seed <seed>', 'sends the same again, under fresh ids'),
        flag('--timeout <duration>', 'for each request; default: the provider’s'),
        listFlag('--report <format=file>', 'writes json, junit or html to a file'),
        listFlag('--preset <name>', 'another reading of the provider, by name'),
        listFlag('--setting <name=value>', 'one setting, of the body or of the request'),
        listFlag('--header <name=value>', 'one more header'),
        flag('--environment <name>', 'environment of the events'),
        flag(
          '--fuzz',
          'look for the shortest story of repeats, reorderings, outages and rotations that breaks it',
        ),
        flag('--runs <n>', 'stories to try with --fuzz; default 60'),
        flag('--save <file>', 'writes the story that --fuzz found as a vitest file'),
      ],
      examples: [
        'check --provider noyo --to http://localhost:3000/hook --secret "$SECRET"',
        'check --provider noyo --to http://localhost:3000/hook --secret "$SECRET" --effects http://localhost:3000/effects',
        'check --provider noyo --to http://localhost:3000/hook --secret "$SECRET" --report html=check.html',
        'check --provider noyo --to http://localhost:3000/hook --secret "$SECRET" --effects http://localhost:3000/effects --fuzz --save story.test.ts',
      ],
    },
    async ({ flags, shell, json, show }) => {
      const reports = (flags.report ?? []).map(reportFile);
      for (const file of [...reports.map((report) => report.file), ...(flags.save ? [flags.save] : [])])
        refuseUnwritable(file);
      const level = flags.level === undefined ? undefined : levelOf(flags.level);
      if (level !== undefined && level > 0 && flags.effects === undefined)
        throw new UsageError(`--level ${level} looks at the consumer’s state: --effects is missing.`);
      const { egress } = parseConfig(withoutDatabase(shell.env));
      const headers = headersFrom(flags.header);
      const settings = settingsFrom(flags.setting);
      const timeoutMs = flags.timeout === undefined ? null : parseDuration(flags.timeout);
      if (flags.timeout !== undefined && timeoutMs === null)
        throw new UsageError(`--timeout: ${durationRefusal(flags.timeout, '500ms, 5s, 1m')}.`);
      const readApiPort = wholeNumber(flags.readApi, '--read-api');
      const { colours } = shell;
      const surroundings = { egress, command: ownCommand(shell.env) };
      const input: CheckInput = {
        provider: need(flags.provider, '--provider'),
        url: need(flags.to, '--to'),
        ...(flags.secret === undefined ? {} : { secret: flags.secret }),
        ...(flags.retiredSecret === undefined ? {} : { retiredSecret: flags.retiredSecret }),
        ...(flags.effects === undefined ? {} : { effects: flags.effects }),
        ...(readApiPort === undefined
          ? {}
          : {
              readApiPort,
              readApi: (url: string) => shell.say(`The provider’s API: ${url} (any key will do)`),
            }),
        ...(flags.only ? { only: flags.only.flatMap((names) => names.split(',')) } : {}),
        ...(level === undefined ? {} : { level }),
        ...(flags.seed === undefined ? {} : { seed: flags.seed }),
        ...(timeoutMs === null ? {} : { timeoutMs }),
        ...(flags.preset ? { presets: flags.preset } : {}),
        ...(settings ? { settings } : {}),
        ...(headers ? { headers } : {}),
        ...(flags.environment === undefined ? {} : { environment: flags.environment }),
      };
      if (flags.fuzz) return fuzz(input, { flags, surroundings, shell, show });
      const run = await checkConsumer(input, {
        ...surroundings,
        ...(json
          ? {}
          : {
              progress: (report: CheckReport, done: number, of: number) =>
                shell.say(checkLine(report, { done, of, colours })),
            }),
      });
      // First, for a file that cannot be written must not take the findings with it.
      show(run.report, () => checkSummary(run.report, colours));
      for (const { format, file } of reports) {
        writeReport(file, await reportText(run, format));
        shell.say(`${format}: ${file}`);
      }
      return isClean(run.report) ? EXIT.ok : EXIT.failed;
    },
  );
}

interface Fuzzing extends Pick<Call<CheckFlags>, 'flags' | 'shell' | 'show'> {
  surroundings: CheckSurroundings;
}

async function fuzz(input: CheckInput, { flags, surroundings, shell, show }: Fuzzing): Promise<Exit> {
  const runs = wholeNumber(flags.runs, '--runs');
  const { effects, secret } = input;
  if (typeof effects !== 'string')
    throw new UsageError('--fuzz judges the consumer by its state: --effects is missing.');
  const fuzzed = await fuzzConsumer(input, { ...surroundings, ...(runs === undefined ? {} : { runs }) });
  show(fuzzed, () => fuzzText(fuzzed, shell.colours));
  if (fuzzed.broken === null) return EXIT.ok;
  if (flags.save !== undefined) {
    writeReport(flags.save, await storyTest(fuzzed, { effects, secret: secret !== undefined }));
    shell.say(`vitest: ${flags.save}`);
  }
  return EXIT.failed;
}

function levelOf(text: string): 0 | 1 | 2 {
  const level = ([0, 1, 2] as const).find((known) => String(known) === text);
  if (level === undefined) throw new UsageError(`--level is "${text}"; it may be: 0, 1, 2.`);
  return level;
}

function reportFile(pair: string): { format: (typeof FORMATS)[number]; file: string } {
  const at = pair.indexOf('=');
  const format = FORMATS.find((known) => known === pair.slice(0, at));
  const file = pair.slice(at + 1);
  if (at < 0 || !format || file === '')
    throw new UsageError(
      `--report is "${pair}"; write one of ${FORMATS.map((name) => `${name}=FILE`).join(', ')}.`,
    );
  return { format, file };
}

/** Before a run of a minute, of which it would be the end. */
function refuseUnwritable(file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK);
    if (existsSync(file)) accessSync(file, constants.W_OK);
  } catch (error) {
    throw new UsageError(`The report cannot be written to "${file}": ${(error as Error).message}.`);
  }
  if (existsSync(file) && statSync(file).isDirectory())
    throw new UsageError(`The report cannot be written to "${file}": it is a folder.`);
}

function writeReport(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new UsageError(`The report cannot be written to "${file}": ${(error as Error).message}.`);
  }
}
