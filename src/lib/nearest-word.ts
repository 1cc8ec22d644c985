/** Of these words the one that was probably meant; null where none is alike. */
export function nearestWord(word: string, words: readonly string[]): string | null {
  const allowed = Math.min(3, Math.floor(word.length / 3));
  if (word.length > MOST_CHARACTERS) return null;
  const ranked = words
    .map((known) => ({ known, steps: stepsBetween(word.toLowerCase(), known.toLowerCase()) }))
    .sort((a, b) => a.steps - b.steps);
  return ranked[0] && ranked[0].steps <= allowed ? ranked[0].known : null;
}

const MOST_CHARACTERS = 60;

/** Letters that have to be put in, taken out or changed; Levenshtein. */
function stepsBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++)
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1));
    row = next;
  }
  return row[to.length]!;
}
