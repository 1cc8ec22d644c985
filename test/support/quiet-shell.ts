import { processShell, type Shell } from '../../src/cli/shell.js';

/** A shell that keeps what it is given to say, without colours. */
export interface QuietShell extends Shell {
  /** Talk, a line each. */
  told: string[];
  /** Data, as written. */
  data: string[];
}

export function quietShell(env: Record<string, string> = {}): QuietShell {
  const told: string[] = [];
  const data: string[] = [];
  const { colours } = processShell({ NO_COLOR: '1' });
  return {
    env,
    told,
    data,
    out: (text) => void data.push(text),
    say: (text) => void told.push(text),
    raw: (bytes) => void data.push(String(bytes)),
    stdin: async () => Buffer.alloc(0),
    stopped: () => new AbortController().signal,
    onSignal: () => () => {},
    colours,
  };
}
