import { inTenant, tenantSlug } from '../state/api.js';
import { shellQuoted } from './shell-quoted.js';

/** What posts to the API of this tenant from a shell, with RINGER_KEY set or in the folder where the server was started. */
export function curlOf(path: string, body: object): string {
  const key = tenantSlug() === 'default' ? 'default-key' : 'admin-token';
  return `curl ${location.origin}/api/v1${inTenant(path)} \\
  -H "authorization: Bearer \${RINGER_KEY:-$(cat .ringer/${key})}" \\
  -H "content-type: application/json" \\
  -d ${shellQuoted(JSON.stringify(body))}`;
}
