import type { KeyHolder } from '../services/keys.js';

/** The page's session that a request came with. */
export interface Session {
  token: string;
  expiresAt: string;
}

/** Who asks; with a cookie instead of a key, in which session. */
export type Caller = ({ kind: 'operator' } | { kind: 'nobody' } | ({ kind: 'tenant' } & KeyHolder)) & {
  session?: Session;
};
