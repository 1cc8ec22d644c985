import { clearTimeout, setTimeout } from '../lib/timers.js';
/** What a tenant's stream tells; the data is the resource as the API shows it, or enough of it to find it. */
export interface StreamMessage {
  id: string;
  type:
    | 'event.created'
    | 'delivery.updated'
    | 'attempt.settled'
    | 'subscription.updated'
    | 'clock.moved'
    | 'reset';
  data: Readonly<Record<string, unknown>>;
}

export type StreamType = StreamMessage['type'];

/** How many messages a tenant's reader can fall behind before it is told to read everything anew. */
const KEPT = 1_000;
/** How long a stream that nobody reads is kept, milliseconds. */
const FORGET_MS = 300_000;

export interface Stream {
  publish(tenantId: string, type: StreamType, data: StreamMessage['data']): void;
  /**
   * Everything after `lastId`, then what comes. With an id that is no longer kept the first message is `reset`.
   * @returns how to stop.
   */
  follow(tenantId: string, lastId: string | null, tell: (message: StreamMessage) => void): () => void;
  /** Whether anybody listens: building a message for nobody costs time on the hot path. */
  isFollowed(tenantId: string): boolean;
}

interface Channel {
  kept: StreamMessage[];
  readers: Set<(message: StreamMessage) => void>;
  /** Runs while nobody reads. */
  forget?: NodeJS.Timeout;
}

/** @param epoch differs at every start, so that an id from before a restart is known to be gone. */
export function createStream(epoch: string): Stream {
  const channels = new Map<string, Channel>();
  let sequence = 0;
  const channelOf = (tenantId: string): Channel => {
    const existing = channels.get(tenantId);
    if (existing) return existing;
    const made: Channel = { kept: [], readers: new Set() };
    channels.set(tenantId, made);
    return made;
  };
  return {
    publish(tenantId, type, data) {
      const channel = channels.get(tenantId);
      if (!channel) return;
      const message: StreamMessage = { id: `${epoch}-${++sequence}`, type, data };
      channel.kept.push(message);
      if (channel.kept.length > KEPT) channel.kept.splice(0, channel.kept.length - KEPT);
      for (const tell of channel.readers) tell(message);
    },
    follow(tenantId, lastId, tell) {
      const channel = channelOf(tenantId);
      if (lastId !== null) {
        const at = channel.kept.findIndex((message) => message.id === lastId);
        if (at >= 0) for (const message of channel.kept.slice(at + 1)) tell(message);
        else tell({ id: `${epoch}-${sequence}`, type: 'reset', data: { reason: 'history_gone' } });
      }
      channel.readers.add(tell);
      clearTimeout(channel.forget);
      return () => {
        channel.readers.delete(tell);
        // A reader that comes back soon finds what it missed; a channel without readers is not kept for ever.
        if (channel.readers.size === 0)
          channel.forget = setTimeout(() => channels.delete(tenantId), FORGET_MS).unref();
      };
    },
    isFollowed: (tenantId) => channels.has(tenantId),
  };
}
