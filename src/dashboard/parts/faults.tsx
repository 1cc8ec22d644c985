import type { AttemptResource } from '../../services/schemas/deliveries.js';

/** What Ringer did wrong on purpose in an attempt. */
export const struck = ({ faults }: AttemptResource) =>
  faults.flatMap(({ type, skipped }) => (skipped ? [] : `fault ${type}`)).join(', ');

export function Faults({ of }: { of: AttemptResource }) {
  const text = struck(of);
  return text ? <b> · {text}</b> : null;
}
