import pc from 'picocolors';

/** Where a command reads and writes. */
export interface Shell {
  env: Readonly<Record<string, string | undefined>>;
  /** Data: what a script would read. */
  out(text: string): void;
  /** Talk: what only a person reads. */
  say(text: string): void;
  /** Bytes as they are. */
  raw(bytes: Uint8Array): void;
  stdin(): Promise<Buffer>;
  /** Aborts at the first SIGINT or SIGTERM. */
  stopped(): AbortSignal;
  /** Every signal that is meant to end this, to be passed on. @returns how to stop. */
  onSignal(tell: (signal: NodeJS.Signals) => void): () => void;
  /** Colours of standard output; plain wherever it is no terminal or NO_COLOR is set. */
  colours: Colours;
}

export type Colours = ReturnType<typeof pc.createColors>;

export function processShell(env: Shell['env']): Shell {
  const { stdout, stderr } = process;
  let stopping: AbortController | null = null;
  return {
    env,
    out: (text) => void stdout.write(`${text}\n`),
    say: (text) => void stderr.write(`${text}\n`),
    raw: (bytes) => void stdout.write(bytes),
    stdin: readStdin,
    stopped() {
      if (!stopping) {
        const made = new AbortController();
        stopping = made;
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => made.abort());
      }
      return stopping.signal;
    },
    onSignal(tell) {
      // A terminal tells its whole group of Ctrl-C, and so the other one, too.
      const names = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).filter(
        (name) => name !== 'SIGINT' || !process.stdin.isTTY,
      );
      const ignored = () => {};
      if (process.stdin.isTTY) process.on('SIGINT', ignored);
      for (const name of names) process.on(name, tell);
      return () => {
        process.off('SIGINT', ignored);
        for (const name of names) process.off(name, tell);
      };
    },
    colours: pc.createColors(wantsColour(env, stdout.isTTY)),
  };
}

function wantsColour(env: Shell['env'], isTerminal: boolean): boolean {
  if (env.NO_COLOR) return false;
  return Boolean(env.FORCE_COLOR) || (isTerminal && env.TERM !== 'dumb');
}

async function readStdin(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
