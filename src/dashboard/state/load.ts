import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { sentenceOf } from './refusal.js';

export interface Loaded<T> {
  /** What came last; kept while it is read anew. */
  value: T | undefined;
  error: string | null;
  loading: boolean;
  reload(): Promise<void>;
}

/** Reads something of the API when the page opens, and anew when `key` changes. */
export function useLoad<T>(load: () => Promise<T>, key: string): Loaded<T> {
  const state = useSignal<{ key: string; value?: T; error: string | null; loading: boolean }>({
    key,
    error: null,
    loading: true,
  });
  const reload = async () => {
    try {
      const value = await load();
      state.value = { key, value, error: null, loading: false };
    } catch (thrown) {
      state.value = { ...state.peek(), key, error: sentenceOf(thrown), loading: false };
    }
  };
  useEffect(() => {
    let current = true;
    state.value = { key, error: null, loading: true };
    load().then(
      (value) => {
        if (current) state.value = { key, value, error: null, loading: false };
      },
      (thrown) => {
        if (current) state.value = { key, error: sentenceOf(thrown), loading: false };
      },
    );
    return () => {
      current = false;
    };
  }, [key]);
  const { value, error, loading } =
    state.value.key === key ? state.value : { value: undefined, error: null, loading: true };
  return { value, error, loading, reload };
}
