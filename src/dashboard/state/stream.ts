import { effect, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { inTenant, session, tenantSlug, tenants } from './api.js';

/** `away`: no connection, trying again. */
export const streamState = signal<'connecting' | 'live' | 'away'>('connecting');

export interface Message {
  type:
    | 'event.created'
    | 'delivery.updated'
    | 'attempt.settled'
    | 'subscription.updated'
    | 'clock.moved'
    | 'reset';
  // biome-ignore lint/suspicious/noExplicitAny: each reader knows the type it asked for.
  data: any;
}

const TYPES: Message['type'][] = [
  'event.created',
  'delivery.updated',
  'attempt.settled',
  'subscription.updated',
  'clock.moved',
  'reset',
];
/** What a tab in the background keeps; what is older is read anew. */
const MOST = 2_000;
const RETRY_MS = 2_000;
/** The first message is shown in the next frame; in a flood the page is drawn five times a second, not sixty. */
const APART_MS = 200;

const readers = new Set<(messages: readonly Message[]) => void>();
let waiting: Message[] = [];
let frame = 0;
let flushedAtMs = 0;

/** One connection for the whole tab, in the tenant that is looked at. */
export function openStream(): void {
  let source: EventSource | null = null;
  let retry = 0;
  let lost = false;
  const connect = (path: string) => {
    clearTimeout(retry);
    source?.close();
    streamState.value = 'connecting';
    source = new EventSource(path);
    source.onopen = () => {
      streamState.value = 'live';
      // Without the browser's own way back nobody knows what was missed.
      if (lost) push({ type: 'reset', data: { reason: 'reconnected' } });
      lost = false;
    };
    source.onerror = () => {
      streamState.value = 'away';
      if (source?.readyState !== EventSource.CLOSED) return;
      lost = true;
      retry = window.setTimeout(() => connect(path), RETRY_MS);
    };
    for (const type of TYPES)
      source.addEventListener(type, (event) =>
        push({ type, data: JSON.parse((event as MessageEvent).data) }),
      );
  };
  effect(() => {
    if (!session.value || (session.value.kind === 'operator' && tenants.value.length === 0)) return;
    const path = `/api/v1${inTenant('/stream', tenantSlug())}`;
    if (source && new URL(source.url).pathname === path) return;
    connect(path);
  });
}

function push(message: Message): void {
  waiting.push(message);
  if (waiting.length > MOST) waiting = [{ type: 'reset', data: { reason: 'behind' } }];
  if (frame !== 0) return;
  const pause = Math.max(0, flushedAtMs + APART_MS - performance.now());
  frame = window.setTimeout(() => requestAnimationFrame(flush), pause);
}

function flush(): void {
  const messages = waiting;
  waiting = [];
  frame = 0;
  flushedAtMs = performance.now();
  for (const read of readers) read(messages);
}

/** Told in a frame what came since the last time. @returns how to stop. */
export function onMessages(read: (messages: readonly Message[]) => void): () => void {
  readers.add(read);
  return () => readers.delete(read);
}

/** Runs while the component stands; `changed` says which messages matter, and `act` runs at most four times a second. */
export function useNews(changed: (message: Message) => boolean, act: () => void): void {
  // The latest of both: what is drawn anew meanwhile loses no news.
  const latest = useRef({ changed, act });
  latest.current = { changed, act };
  useEffect(() => {
    let timer = 0;
    const stop = onMessages((messages) => {
      const { changed } = latest.current!;
      if (timer !== 0 || !messages.some((message) => message.type === 'reset' || changed(message))) return;
      timer = window.setTimeout(() => {
        timer = 0;
        latest.current!.act();
      }, 250);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, []);
}
