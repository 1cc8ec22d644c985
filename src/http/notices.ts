/** Sentences as values of `Ringer-Notice`. */
export function noticeLines(sentences: readonly string[]): string[] {
  return sentences.map(headerText);
}

/** A header line carries ASCII only. */
function headerText(sentence: string): string {
  const plain = sentence
    .replace(/[‘’]/g, "'")
    .replace(/[“”]/g, '"')
    .replace(/[–—]/g, '-')
    .replaceAll('…', '...');
  return plain.replace(/[^\x20-\x7e]+/g, ' ').trim();
}
