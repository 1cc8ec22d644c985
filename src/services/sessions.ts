import { isoMillis } from '../lib/clock.js';
import { SealError } from '../lib/sealing.js';
import type { Context } from './context.js';
import type { KeyHolder, KeysService } from './keys.js';
import { createWatchers } from './watchers.js';

/** A session ends after this much real time; the page then asks for another one. */
export const SESSION_MS = 12 * 3_600_000;

/** Who a session speaks for. The operator's token is named by its digest: a session ends with the token. */
export type SessionHolder = { kind: 'operator'; tokenDigest: string } | ({ kind: 'tenant' } & KeyHolder);

export interface SessionsService {
  /** @param host the only Host under which it holds. */
  open(holder: SessionHolder, host: string): { token: string; expiresAt: string };
  /** Null for everything that is no session, or none any more. */
  read(token: string, host: string): Promise<{ holder: SessionHolder; expiresAt: string } | null>;
  /** Tells those who wait for it that a session was given back: in this process, for none is kept anywhere. */
  end(token: string): void;
  /** @returns how to stop being told. */
  whenEnded(token: string, tell: () => void): () => void;
}

interface Sealed {
  untilMs: number;
  tokenDigest?: string;
  keyId?: string;
}

/** Sessions are kept by whoever holds them: sealed, so that every process of a database reads them and none stores them. */
export function sessionsService(
  { sealer, wall }: Pick<Context, 'sealer' | 'wall'>,
  keys: Pick<KeysService, 'holder'>,
): SessionsService {
  const endings = createWatchers();
  return {
    end: endings.tell,
    whenEnded: endings.watch,
    open(holder, host) {
      const untilMs = wall.now() + SESSION_MS;
      const content: Sealed =
        holder.kind === 'operator'
          ? { untilMs, tokenDigest: holder.tokenDigest }
          : { untilMs, keyId: holder.keyId };
      const sealed = sealer.seal(JSON.stringify(content), place(host));
      return { token: Buffer.from(sealed).toString('base64url'), expiresAt: isoMillis(untilMs) };
    },
    async read(token, host) {
      const content = open(token, host);
      if (content === null || content.untilMs <= wall.now()) return null;
      const expiresAt = isoMillis(content.untilMs);
      const { tokenDigest, keyId } = content;
      if (tokenDigest !== undefined) return { holder: { kind: 'operator', tokenDigest }, expiresAt };
      const found = keyId === undefined ? null : await keys.holder(keyId);
      return found && { holder: { kind: 'tenant', ...found }, expiresAt };
    },
  };

  function open(token: string, host: string): Sealed | null {
    try {
      return JSON.parse(sealer.open(Buffer.from(token, 'base64url'), place(host))) as Sealed;
    } catch (error) {
      if (error instanceof SealError) return null;
      throw error;
    }
  }
}

function place(host: string): string {
  return `session ${host}`;
}
