import { DISCOVER_SQL } from './discover.js';
import { PROMOTE_SQL } from './promote.js';

/**
 * LOOK: promotion and discovery in one statement, as a dispatcher asks it when nobody says anything. Two were more than half of
 * what an idle process asked the database: 1.1 statements a second. What is promoted here is answered as promoted; discovery
 * sees the queue as it was before. Its rows are those without a count.
 *
 * $1, $2 as of DISCOVER
 */
export const LOOK_SQL = `${PROMOTE_SQL}
UNION ALL
SELECT lane, state, NULL, "sinceMs", NULL FROM (${DISCOVER_SQL}) found`;
