import { useSignal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { useEffect } from 'preact/hooks';

/** A component that is fetched when it is first wanted. */
export function lazy(load: () => Promise<FunctionComponent>): FunctionComponent {
  let known: FunctionComponent | null = null;
  return function Lazy() {
    const ready = useSignal(known !== null);
    useEffect(() => {
      if (known) return;
      void load().then((found) => {
        known = found;
        ready.value = true;
      });
    }, []);
    return ready.value && known ? createOf(known) : <div class="loading" role="status" />;
  };
}

function createOf(Known: FunctionComponent) {
  return <Known />;
}
