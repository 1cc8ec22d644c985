/** Deeper JSON is refused: code that walks it must not run out of stack. */
export const MAX_DEPTH = 200;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const UNICODE = /[0-9a-fA-F]{4}/y;

/** Where a text stops being JSON, and how deep it goes until there. */
export interface JsonScan {
  /** Null when it is JSON to its end. */
  faultAt: number | null;
  depth: number;
}

/** Reads the whole text without building anything; never recursive. Ends of things are negative (`~at`) at a fault. */
export function scanJson(text: string): JsonScan {
  const open: ('{' | '[')[] = [];
  let depth = 0;
  let at = skipSpace(text, 0);
  while (at >= 0) {
    const first = text[at];
    if (first === '{' || first === '[') {
      open.push(first);
      depth = Math.max(depth, open.length);
      const inner = skipSpace(text, at + 1);
      if (text[inner] !== CLOSING[first]) {
        at = first === '{' ? valueAfterKey(text, inner) : inner;
        continue;
      }
      open.pop();
      at = inner + 1;
    } else at = scalarEnd(text, at);
    if (at >= 0) at = nextValue(text, at, open);
    if (at === text.length && open.length === 0) return { faultAt: null, depth };
  }
  return { faultAt: ~at, depth };
}

const CLOSING = { '{': '}', '[': ']' } as const;

/** From the end of a value to the beginning of the next one, or to the end of the text. */
function nextValue(text: string, from: number, open: ('{' | '[')[]): number {
  for (let at = skipSpace(text, from); ; at = skipSpace(text, at + 1)) {
    const inside = open.at(-1);
    if (inside === undefined) return at === text.length ? at : ~at;
    if (text[at] === ',') {
      const next = skipSpace(text, at + 1);
      if (inside === '{') return valueAfterKey(text, next);
      return next < text.length ? next : ~next;
    }
    if (text[at] !== CLOSING[inside]) return ~at;
    open.pop();
  }
}

function valueAfterKey(text: string, at: number): number {
  const end = stringEnd(text, at);
  if (end < 0) return end;
  const colon = skipSpace(text, end);
  if (text[colon] !== ':') return ~colon;
  const value = skipSpace(text, colon + 1);
  return value < text.length ? value : ~value;
}

function scalarEnd(text: string, at: number): number {
  if (text[at] === '"') return stringEnd(text, at);
  const number = matchEnd(NUMBER, text, at);
  return number >= 0 ? number : matchEnd(WORD, text, at);
}

function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : ~at;
}

function stringEnd(text: string, from: number): number {
  if (text[from] !== '"') return ~from;
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code < 0x20) return ~at;
    if (code !== 0x5c) continue;
    at += 1;
    const escaped = text[at] ?? '';
    if (escaped === 'u') {
      const end = matchEnd(UNICODE, text, at + 1);
      if (end < 0) return end;
      at = end - 1;
    } else if (escaped === '' || !'"\\/bfnrt'.includes(escaped)) return ~at;
  }
  return ~text.length;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at += 1;
  return at;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

/** `line 3, column 14`, both from 1. */
export function placeIn(text: string, at: number): string {
  const before = text.slice(0, at);
  return `line ${before.split('\n').length}, column ${at - before.lastIndexOf('\n')}`;
}

/** A member of an object or an item of an array, as it is written. */
export interface JsonChild {
  key: string;
  value: string;
  /** Where it begins, with its key, and where its value ends. */
  from: number;
  to: number;
}

/** An object's members or an array's items. Only for text that is JSON. */
export function childrenOf(text: string): JsonChild[] {
  const children: JsonChild[] = [];
  let at = skipSpace(text, 0);
  const isObject = text[at] === '{';
  if (!isObject && text[at] !== '[') return children;
  at = skipSpace(text, at + 1);
  for (let index = 0; at < text.length && text[at] !== '}' && text[at] !== ']'; index++) {
    let key = String(index);
    const from = at;
    if (isObject) {
      key = JSON.parse(text.slice(at, stringEnd(text, at))) as string;
      at = valueAfterKey(text, at);
    }
    const end = valueEnd(text, at);
    children.push({ key, value: text.slice(at, end), from, to: end });
    at = skipSpace(text, end);
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return children;
}

function valueEnd(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; ) {
    const char = text[at]!;
    if (depth === 0 && char !== '{' && char !== '[') return scalarEnd(text, at);
    if (char === '"') at = stringEnd(text, at);
    else {
      if (char === '{' || char === '[') depth += 1;
      else if (char === '}' || char === ']') depth -= 1;
      at += 1;
      if (depth === 0) return at;
    }
  }
  return text.length;
}

/** The same text with another value in this place. @param value as it is to be written. */
export function withValue(text: string, { value: old, to }: JsonChild, value: string): string {
  return text.slice(0, to - old.length) + value + text.slice(to);
}

/** The same text with each value written anew. */
export function withValues(text: string, write: (child: JsonChild) => string): string {
  let at = 0;
  const parts = childrenOf(text).map((child) => {
    const before = text.slice(at, child.to - child.value.length);
    at = child.to;
    return before + write(child);
  });
  return parts.join('') + text.slice(at);
}

/** The same object with this member: where there is one of this name, else behind the others. Only for text that is one. */
export function withMember(text: string, key: string, value: string): string {
  const members = childrenOf(text);
  const there = members.findLast((member) => member.key === key);
  if (there) return withValue(text, there, value);
  const at = members.at(-1)?.to ?? text.indexOf('{') + 1;
  return `${text.slice(0, at)}${members.length > 0 ? ',' : ''}${JSON.stringify(key)}:${value}${text.slice(at)}`;
}

/** The same object with its members in the opposite order, and what is between them where it was. */
export function reversedMembers(text: string): string {
  const members = childrenOf(text);
  const written = members.map(({ from, to }) => text.slice(from, to)).reverse();
  const between = [...members, null].map((member, i) =>
    text.slice(members[i - 1]?.to ?? 0, member?.from ?? text.length),
  );
  return between.map((gap, i) => gap + (written[i] ?? '')).join('');
}

/** The same JSON without the space between its tokens; every number and string stays as it was written. */
export function compactText(text: string): string {
  const kept: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; ) {
    if (text[at] === '"') at = stringEnd(text, at);
    else if (isSpace(text.charCodeAt(at))) {
      kept.push(text.slice(from, at));
      at = skipSpace(text, at);
      from = at;
    } else at += 1;
  }
  kept.push(text.slice(from));
  return kept.join('');
}
