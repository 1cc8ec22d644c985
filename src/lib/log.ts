export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** An allow-list by type: only plain scalars can be logged, so a request, a header list or a body never slips in. */
export type LogFields = Record<string, string | number | boolean | null | undefined>;

/** One line per entry on stderr: stdout belongs to data. */
export function stderrLog(write: (line: string) => void = (line) => process.stderr.write(line)): Log {
  const line =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      const extra = Object.entries(fields)
        .filter(([, v]) => v !== undefined)
        .map(([k, v]) => ` ${k}=${v}`)
        .join('');
      write(`${level} ${message}${extra}\n`);
    };
  return { info: line('info '), warn: line('warn '), error: line('error') };
}

export const silentLog: Log = { info() {}, warn() {}, error() {} };
