import { useSignal } from '@preact/signals';
import { sentenceOf } from './refusal.js';
import { say } from './say.js';

/** Something that a button starts: runs once at a time, and says how it ended. */
export function useAct(): { busy: boolean; act(work: () => Promise<string | undefined>): Promise<void> } {
  const busy = useSignal(false);
  return {
    busy: busy.value,
    async act(work) {
      if (busy.peek()) return;
      busy.value = true;
      try {
        const text = await work();
        if (text) say(text);
      } catch (thrown) {
        say(sentenceOf(thrown), { wrong: true });
      } finally {
        busy.value = false;
      }
    },
  };
}
