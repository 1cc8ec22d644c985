const MOST = 200;

/** The beginning of what was answered, on one line; null when there is nothing to read. */
export function excerpt(body: string | null): string | null {
  const line = (body ?? '').replace(/[\s\p{Cc}]+/gu, ' ').trim();
  if (line === '') return null;
  return line.length > MOST ? `${line.slice(0, MOST)}…` : line;
}
