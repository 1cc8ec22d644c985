import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url));

export interface CallOptions {
  env?: Record<string, string>;
  cwd?: string;
  /** Standard input. */
  input?: string;
}

/** What a call of the command line left behind. */
export interface Called {
  exit: number | null;
  stdout: string;
  stderr: string;
  /** From spawn to exit, real time. */
  ms: number;
}

/** A call that goes on. */
export interface Running {
  child: ChildProcess;
  stdout(): string;
  stderr(): string;
  ended: Promise<Called>;
}

/** The built command line as a child process, with nothing in its environment but what is given. */
export function runRinger(args: readonly string[], { env = {}, cwd, input }: CallOptions = {}): Running {
  const started = performance.now();
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.end(input ?? '');
  const ended = once(child, 'close').then(([exit]) => ({
    exit: exit as number | null,
    stdout,
    stderr,
    ms: Math.round(performance.now() - started),
  }));
  return { child, stdout: () => stdout, stderr: () => stderr, ended };
}

export function ringer(args: readonly string[], options: CallOptions = {}): Promise<Called> {
  return runRinger(args, options).ended;
}
