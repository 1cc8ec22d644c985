import { useEffect } from 'preact/hooks';
import type { Loaded } from '../../state/load.js';

/** Often enough to see it move, milliseconds. */
const EVERY_MS = 500;

/** Reads anew while something is under way; the stream tells nothing of checks. */
export function useWatch({ reload }: Loaded<unknown>, active: boolean | undefined): void {
  useEffect(() => {
    if (!active) return;
    const timer = setInterval(() => void reload(), EVERY_MS);
    return () => clearInterval(timer);
  }, [active]);
}
