/** The files that a document shows: each named on a line of its own, with its text in the fence below. */
export function filesIn(document: string): Map<string, string> {
  const found = document.matchAll(/^`([\w./-]+)`:\n\n```\w+\n([\s\S]*?)^```$/gm);
  return new Map([...found].map(([, name, text]) => [name!, text!]));
}
