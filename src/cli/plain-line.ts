/** What others wrote, fit for a terminal: no byte of it moves the cursor or writes a title. */
export function plainLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}
