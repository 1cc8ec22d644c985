import type { KeyHolder } from '../services/keys.js';

/** Who asks. */
export type Caller = { kind: 'operator' } | { kind: 'nobody' } | ({ kind: 'tenant' } & KeyHolder);
