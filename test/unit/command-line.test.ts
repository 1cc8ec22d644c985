import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { describe, expect, it, onTestFinished } from 'vitest';
import { inCommands } from '../../src/cli/command-for-route.js';
import { counted } from '../../src/cli/counted.js';
import { Flag } from '../../src/cli/flags.js';
import { answerLine, type ShownAttempt, sentLine } from '../../src/cli/log-lines.js';
import { createProgram, run } from '../../src/cli/program.js';
import { processShell } from '../../src/cli/shell.js';
import { table } from '../../src/cli/table.js';
import { FLAG_VARIABLES, parseConfig } from '../../src/config.js';
import { formatDuration } from '../../src/lib/duration.js';
import { excerpt } from '../../src/lib/excerpt.js';
import { ownCommand } from '../../src/lib/own-command.js';
import { START_FLAGS, startServer } from '../../src/start/start.js';
import { createConsumer } from '../support/consumer.js';
import { quietShell } from '../support/quiet-shell.js';

const SOURCE = fileURLToPath(new URL('../../src/', import.meta.url));

function tree(): Command[] {
  const all: Command[] = [];
  const walk = (command: Command): void => {
    all.push(command);
    for (const child of command.commands) walk(child);
  };
  walk(createProgram({ shell: quietShell(), outcome: { exit: 0 } }));
  return all;
}

describe('flags', () => {
  const flags = tree().flatMap(({ options }) => options);

  it('have a twin in the environment, every one', () => {
    const without = flags.filter((option) => !(option instanceof Flag)).map(({ long }) => long);
    expect([...new Set(without)]).toEqual(['--version', '--no-color']);
  });

  it('and the configuration knows each twin, and no more', () => {
    const twins = new Set(flags.flatMap((option) => (option instanceof Flag ? [option.twin] : [])));
    const own = new Set(
      ['PORT', 'HOST', 'DATA_DIR', 'ROLE', 'EGRESS', 'EGRESS_ALLOW', 'CA'].map((name) => `RINGER_${name}`),
    );
    const expected = [...twins].filter((twin) => twin !== 'DATABASE_URL' && !own.has(twin));
    expect(new Set(FLAG_VARIABLES)).toEqual(new Set(expected));
    for (const twin of FLAG_VARIABLES) expect(() => parseConfig({ [twin]: 'x' }), twin).not.toThrow();
  });

  it('of listen are not those of the server that it is listened to beside', () => {
    const twinsOf = (verb: string) =>
      tree()
        .filter((command) => command.name() === verb)
        .flatMap(({ options }) => options.flatMap((option) => (option instanceof Flag ? [option.twin] : [])));
    const server = new Set(twinsOf('start'));
    expect(twinsOf('listen')).toContain('RINGER_LISTEN_HOST');
    expect(twinsOf('listen').filter((twin) => server.has(twin))).toEqual([]);
  });

  it('are said once per verb, and every verb says what it does', () => {
    for (const command of tree()) {
      const names = command.options.map(({ long }) => long);
      expect(new Set(names).size, command.name()).toBe(names.length);
      expect(command.description(), command.name()).not.toBe('');
    }
  });
});

describe('what a call cannot mean', () => {
  const cases: [string, string[], Record<string, string>, RegExp][] = [
    ['an unknown verb', ['lisen'], {}, /^ringer: unknown command 'lisen'/],
    [
      'a flag that was mistyped',
      ['send', 'noyo', 'x', '--tos', 'y'],
      {},
      /unknown option '--tos' \(Did you mean --to\?\)/,
    ],
    ['a missing argument', ['send', 'noyo'], {}, /missing required argument 'type'/],
    ['an argument too many', ['trigger', 'a', 'b'], {}, /too many arguments/],
    ['a missing flag', ['send', 'noyo', 'difference.created'], {}, /^ringer: --to is missing\.$/],
    [
      'a pair without a value',
      ['send', 'noyo', 'x', '--to', 'http://x', '--set', 'a'],
      {},
      /--set takes name=value, not "a"/,
    ],
    ['broken JSON', ['send', 'noyo', 'x', '--to', 'http://x', '--data', '{'], {}, /--data is not JSON/],
    [
      'data that is no object',
      ['send', 'noyo', 'x', '--to', 'http://x', '--data', '[]'],
      {},
      /--data takes a JSON object/,
    ],
    [
      'a file that is not there',
      ['send', 'noyo', 'x', '--to', 'http://x', '--payload', '@/nowhere'],
      {},
      /"\/nowhere", which cannot be read/,
    ],
    [
      'payload and data',
      ['send', 'noyo', 'x', '--to', 'http://x', '--payload', 'x', '--set', 'a=1'],
      {},
      /leave --data and --set out/,
    ],
    [
      'a number that is none',
      ['events', '--limit', 'ten', '--url', 'http://127.0.0.1:9', '--key', 'k'],
      {},
      /--limit takes a whole number/,
    ],
    [
      'a yes that is none',
      ['providers'],
      { RINGER_JSON: 'maybe' },
      /RINGER_JSON is "maybe"; it may be: 1, 0/,
    ],
    [
      'an unknown variable',
      ['send', 'noyo', 'x', '--to', 'http://x'],
      { RINGER_PROT: '1' },
      /Unknown variable RINGER_PROT/,
    ],
    ['a URL that is none', ['deliveries', '--url', 'localhost', '--key', 'k'], {}, /--url is "localhost"/],
    [
      'dev on a database of one’s own, which it leaves alone',
      ['dev', '--provider', 'noyo', '--to', 'http://x', '--data-dir', 'memory:', '--port', '0'],
      { DATABASE_URL: 'postgresql://nobody@127.0.0.1:9/x' },
      /dev needs the embedded database/,
    ],
    [
      'a duration that is too long',
      ['clock', 'advance', '36501d', '--url', 'http://127.0.0.1:9', '--key', 'k', '--tenant', 't'],
      {},
      /^ringer: "36501d" is too long a duration; at most 36500d\.$/,
    ],
    [
      'a secret of no characters',
      ['send', 'noyo', 'difference.created', '--to', 'http://127.0.0.1:9/', '--secret', ''],
      {},
      /^ringer: The secret of Noyo must have at least one character\.$/,
    ],
    ['a server elsewhere without a key', ['deliveries', '--url', 'http://10.0.0.1:1'], {}, /set RINGER_KEY/],
  ];
  it.each(cases)('%s: one line, exit code 2', async (_, argv, env, message) => {
    const shell = quietShell(env);
    expect(await run(argv, shell)).toBe(2);
    expect(shell.data).toEqual([]);
    expect(shell.told).toHaveLength(1);
    expect(shell.told[0]).toMatch(message);
    expect(shell.told[0]).not.toContain('\n');
  });
});

it('a start refuses what a flag says by its name', async () => {
  const starting = startServer({ flags: { port: 'abc' }, env: { RINGER_PORT: '1' }, say: () => {} });
  await expect(starting).rejects.toThrow(/^--port must be a number$/);
});

it('exec says what it does itself where it is told nothing', () => {
  const [exec] = tree().filter((command) => command.name() === 'exec');
  const said = exec!.options.map(({ long, description }) => `${long} ${description}`).join('\n');
  expect(said).toMatch(/--port .*default: 0 /);
  expect(said).toMatch(/--data-dir .*default: memory: /);
});

it('a fault of the server is told with the id that finds it in the log', async () => {
  const server = await createConsumer({
    status: 500,
    body: JSON.stringify({ detail: 'Something went wrong here.', requestId: 'req_7' }),
  });
  onTestFinished(() => server.close());
  const shell = quietShell();
  const args = ['clock', '--url', new URL(server.url).origin, '--key', 'k', '--tenant', 't'];
  expect(await run(args, shell)).toBe(1);
  expect(shell.told).toEqual(['ringer: Something went wrong here. Request id: req_7']);
});

it('the README names every variable of a process', () => {
  const readme = readFileSync(`${SOURCE}../README.md`, 'utf8');
  for (const name of [
    ...Object.values(START_FLAGS),
    'RINGER_SLOTS',
    'RINGER_HISTORY_DAYS',
    'RINGER_STOP_WITHIN',
  ])
    expect(readme, name).toContain(`\`${name}\``);
});

describe('log lines', () => {
  const attempt: ShownAttempt = {
    type: 'difference.created',
    eventId: 'evt_1',
    number: 2,
    of: 16,
    afterMs: 60_000,
    status: 503,
    reason: 'status_503',
    ok: false,
    url: 'http://localhost:3000/hook',
    durationMs: 12,
    nextInMs: 120_000,
  };
  const { colours } = quietShell();

  it('read as people know them', () => {
    expect(sentLine(attempt, colours)).toBe('--> difference.created [evt_1] attempt 2/16 +1m');
    expect(answerLine(attempt, colours)).toBe('<-- [503] POST http://localhost:3000/hook 12ms next in 2m');
  });

  it('say the reason where there was no answer, and no more than is known', () => {
    const last = {
      ...attempt,
      number: 17,
      status: null,
      reason: 'timeout',
      durationMs: 15_000,
      nextInMs: null,
    };
    expect(sentLine({ ...last, afterMs: null }, colours)).toBe('--> difference.created [evt_1] attempt 17');
    expect(answerLine(last, colours)).toBe('<-- [timeout] POST http://localhost:3000/hook 15s');
  });

  it('are plain where NO_COLOR is set or no terminal reads them', () => {
    const forced = processShell({ FORCE_COLOR: '1' }).colours;
    expect(sentLine(attempt, forced)).toContain('\u001b[');
    expect(sentLine(attempt, processShell({ FORCE_COLOR: '1', NO_COLOR: '1' }).colours)).not.toContain(
      '\u001b[',
    );
  });
});

describe('a table', () => {
  it('is as wide as it must be, and shows nothing as a dash', () => {
    expect(
      table([
        ['ID', 'NAME'],
        ['1', null],
        ['22', 'b'],
      ]),
    ).toBe('ID  NAME\n1   -\n22  b');
  });
});

describe('small words', () => {
  it('count one thing as one', () => {
    expect([0, 1, 2].map((n) => counted(n, 'attempt'))).toEqual(['0 attempts', '1 attempt', '2 attempts']);
    expect([1, 2].map((n) => counted(n, 'delivery'))).toEqual(['1 delivery', '2 deliveries']);
  });

  it('show the beginning of an answer on one line', () => {
    expect(excerpt('{\n  "error": "no"\n}')).toBe('{ "error": "no" }');
    expect(excerpt('\u0000\u001b[31m')).toBe('[31m');
    expect(excerpt('x'.repeat(300))).toBe(`${'x'.repeat(200)}…`);
    expect([excerpt(''), excerpt(null), excerpt(' \n')]).toEqual([null, null, null]);
  });

  it('cut a duration to two units, or say it to the second', () => {
    const ms = 99_305_000;
    expect([formatDuration(ms), formatDuration(ms, 4), formatDuration(3_600_000, 4)]).toEqual([
      '1d 3h',
      '1d 3h 35m 5s',
      '1h',
    ]);
  });
});

describe('a refusal of the API', () => {
  const ROUTE = /\b(?:GET|PUT|POST|PATCH|DELETE) …\/[^\s)'"`;,]+/;

  it('is told with the command that does what its route does', () => {
    expect(inCommands('PUT …/clock {"mode":"manual"} stops it', 'ringer')).toBe(
      'ringer clock set manual stops it',
    );
    expect(inCommands('(PUT …/tenants/{tenant}/providers/{provider})', 'npm run -s ringer --')).toBe(
      '(npm run -s ringer -- providers set)',
    );
  });

  it('names no route for which there is no command', () => {
    const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /^(?:services|engine|providers)\/.*\.ts$/.test(file),
    );
    const lines = files.flatMap((file) =>
      readFileSync(`${SOURCE}${file}`, 'utf8')
        .split('\n')
        .filter((line) => !/^\s*(?:\/?\*|\/\/)/.test(line)),
    );
    const naming = lines.filter((line) => ROUTE.test(line));
    expect(naming.length).toBeGreaterThan(0);
    for (const line of naming) expect(inCommands(line, 'ringer')).not.toMatch(ROUTE);
  });
});

describe('the command to copy', () => {
  it.each([
    ['installed', {}, 'ringer'],
    ['in a clone', { npm_lifecycle_event: 'ringer', npm_package_name: 'ringer' }, 'npm run -s ringer --'],
    ['by npx', { npm_lifecycle_event: 'npx', npm_package_name: 'shop' }, 'npx ringer'],
    ['by a script of somebody else', { npm_lifecycle_event: 'test', npm_package_name: 'shop' }, 'ringer'],
  ])('is one that is there: %s', (_, env, command) => {
    expect(ownCommand(env)).toBe(command);
  });
});
