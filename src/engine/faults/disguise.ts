import type { Random } from '../../lib/random.js';

const KINDS = ['0123456789', 'abcdef', 'ghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
/** A digest or a key, in hex or base64. */
const DIGEST = /[A-Za-z0-9+/]{20,}={0,2}/g;

/** One letter or digit changed to another of its kind, so that the form stays; null where there is none. */
export function changeOne(text: string, random: Random): string | null {
  // By code unit, as `slice` counts: an emoji has two.
  const places = text.split('').flatMap((letter, at) => {
    const kind = KINDS.find((letters) => letters.includes(letter));
    return kind ? [{ at, letter, kind }] : [];
  });
  const place = places[Math.floor(random.float() * places.length)];
  if (!place) return null;
  const others = [...place.kind].filter((letter) => letter !== place.letter);
  const other = others[Math.floor(random.float() * others.length)]!;
  return text.slice(0, place.at) + other + text.slice(place.at + 1);
}

/** Every digest in the text changed by one character, or the text itself where it holds none. */
export function falsify(text: string, random: Random): string {
  // In its first half: the last character of base64 has bits that mean nothing.
  const change = (digest: string): string => {
    const middle = Math.ceil(digest.length / 2);
    return (changeOne(digest.slice(0, middle), random) ?? 'x') + digest.slice(middle);
  };
  return text.match(DIGEST) ? text.replace(DIGEST, change) : change(text);
}
