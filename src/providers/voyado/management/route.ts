import { externalClaim } from '../../claims.js';
import type { Claim } from '../../contract.js';
import { SVIX_API } from '../sources.js';

/** Where the routes of Svix stand, under the mount. */
export const at = (path: string) => `/api/v1${path}`;

/** What the reference of Svix says of a route is what is answered here, but for what `why` adds. */
export const claim = (why?: string): Claim => externalClaim(SVIX_API, why);
