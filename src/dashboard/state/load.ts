import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { sentenceOf } from './refusal.js';
import { useNews } from './stream.js';

export interface Loaded<T> {
  /** What came last; kept while it is read anew. */
  value: T | undefined;
  error: string | null;
  reload(): Promise<void>;
}

/** Reads something of the API when the page opens, anew when `key` changes, and again when the server is back. */
export function useLoad<T>(load: () => Promise<T>, key: string): Loaded<T> {
  const none = { key, value: undefined, error: null };
  const state = useSignal<{ key: string; value: T | undefined; error: string | null }>(none);
  const reload = async () => {
    let next: typeof state.value;
    try {
      next = { key, value: await load(), error: null };
    } catch (thrown) {
      next = { ...state.peek(), error: sentenceOf(thrown) };
    }
    // What was asked for before the key changed comes too late.
    if (state.peek().key === key) state.value = next;
  };
  useEffect(() => {
    state.value = none;
    void reload();
  }, [key]);
  // The server is back: what could not be read is read now.
  useNews(
    () => false,
    () => {
      if (state.peek().error) void reload();
    },
  );
  const { value, error } = state.value.key === key ? state.value : none;
  return { value, error, reload };
}
