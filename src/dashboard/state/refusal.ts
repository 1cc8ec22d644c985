/** What the API said no with: a sentence that says what to do, and the fields at fault. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly errors: readonly { path: string; message: string }[] = [],
  ) {
    super(detail);
  }
}

/** Of anything that was thrown, in words for a person. */
export function sentenceOf(thrown: unknown): string {
  if (thrown instanceof Refusal) return thrown.message;
  if (thrown instanceof TypeError) return 'The server cannot be reached; this page tries again by itself.';
  return thrown instanceof Error ? thrown.message : String(thrown);
}
