/** What stands in the fields of a form, trimmed; the browser itself sends nothing. */
export function filledIn(event: SubmitEvent): Record<string, string> {
  event.preventDefault();
  const fields = [...new FormData(event.currentTarget as HTMLFormElement)];
  return Object.fromEntries(fields.map(([name, value]) => [name, String(value).trim()]));
}

/** Only what is filled in: what is left empty is left out. */
export function given<T extends Record<string, unknown>>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value)) as Partial<T>;
}

/** `name: value`, one a line. */
export function headerLines(text: string): [string, string][] {
  return text.split('\n').flatMap((line) => {
    const at = line.indexOf(':');
    return at > 0 ? [[line.slice(0, at).trim(), line.slice(at + 1).trim()]] : [];
  });
}
