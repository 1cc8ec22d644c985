/** How the bytes of one request are put on the socket. Data alone: `script` turns it into writes. */
export interface Manner {
  /** How header names are spelled; `asIs` leaves them as the provider writes them. */
  spelling: 'asIs' | 'upper' | 'lower' | 'title';
  /** How the end of the body is told: by its length beforehand, or by chunks of so many bytes. */
  framing: { kind: 'length' } | { kind: 'chunked'; bytes: number };
  /** Pieces that head and body go out in, and the real time between two of them; null: in one. */
  headPace: Pace | null;
  bodyPace: Pace | null;
  /** How much of the body is written at all, 0 to 1; what the head says of it stays true to the whole. */
  share: number;
  /**
   * What follows the last byte: `answer` waits for one; `fin` ends our side and then waits; `reset` tears the connection
   * down; `silence` leaves it open without a word for `silenceMs` of real time, and then goes.
   */
  ending: 'answer' | 'fin' | 'reset' | 'silence';
  silenceMs: number;
}

export interface Pace {
  /** 1 or more. */
  bytes: number;
  /** Real time, milliseconds. */
  everyMs: number;
}

/** As any client does it. */
export const PLAIN: Manner = {
  spelling: 'asIs',
  framing: { kind: 'length' },
  headPace: null,
  bodyPace: null,
  share: 1,
  ending: 'answer',
  silenceMs: 0,
};

/** One thing done to the socket after the other. */
export type Step =
  | { do: 'write'; bytes: Uint8Array }
  /** Real time, milliseconds. */
  | { do: 'wait'; ms: number }
  | { do: 'end'; how: 'fin' | 'reset' };

export interface Framed {
  /** Everything before the body but for its framing, in order: request line, then headers. */
  line: string;
  headers: readonly (readonly [name: string, value: string])[];
  body: Uint8Array;
}

/** The writes of one request. Pure. */
export function script({ line, headers, body }: Framed, manner: Manner): Step[] {
  const { framing } = manner;
  const frame: [string, string] =
    framing.kind === 'chunked' ? ['transfer-encoding', 'chunked'] : ['content-length', String(body.length)];
  const head = [...headers, frame].map(([name, value]) => `${spell(name, manner.spelling)}: ${value}\r\n`);
  const part = body.subarray(0, Math.floor(body.length * manner.share));
  const steps = [
    ...paced(Buffer.from(`${line}\r\n${head.join('')}\r\n`, 'latin1'), manner.headPace),
    ...paced(
      framing.kind === 'chunked' ? chunked(part, framing.bytes, manner.share === 1) : part,
      manner.bodyPace,
    ),
  ];
  switch (manner.ending) {
    case 'answer':
      return steps;
    case 'silence':
      return [...steps, { do: 'wait', ms: manner.silenceMs }, { do: 'end', how: 'reset' }];
    default:
      return [...steps, { do: 'end', how: manner.ending }];
  }
}

function paced(bytes: Uint8Array, pace: Pace | null): Step[] {
  if (bytes.length === 0) return [];
  if (pace === null) return [{ do: 'write', bytes }];
  const steps: Step[] = [];
  for (let at = 0; at < bytes.length; at += pace.bytes) {
    if (at > 0) steps.push({ do: 'wait', ms: pace.everyMs });
    steps.push({ do: 'write', bytes: bytes.subarray(at, at + pace.bytes) });
  }
  return steps;
}

/** RFC 9112 §7.1. @param whole with the last chunk, which says that this was all. */
function chunked(body: Uint8Array, size: number, whole: boolean): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < body.length; at += size) {
    const chunk = body.subarray(at, at + size);
    parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
  }
  if (whole) parts.push(Buffer.from('0\r\n\r\n'));
  return Buffer.concat(parts);
}

function spell(name: string, spelling: Manner['spelling']): string {
  switch (spelling) {
    case 'asIs':
      return name;
    case 'upper':
      return name.toUpperCase();
    case 'lower':
      return name.toLowerCase();
    case 'title':
      return name
        .toLowerCase()
        .replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
  }
}
