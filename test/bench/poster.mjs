// The POST and HMAC that every comparator makes.
import { createHmac } from 'node:crypto';
import { Pool } from 'undici';

export const CONNECTIONS = 64;
export const SAMPLE_BODY = Buffer.from(
  '{"event":{"id":"beda9ea3-5136-4b7b-93be-37bf3fcc010a","created":1715203664,"type":"difference.created"},"data":{"id":"eb73184b-ae3c-4411-aa82-3c3bd877cf78","note":"about as long as what the providers send"}}',
);

export function headers() {
  const stamp = new Date().toISOString();
  const digest = createHmac('sha256', 'a secret of the bench')
    .update(`${stamp}.`)
    .update(SAMPLE_BODY)
    .digest('hex');
  return { 'content-type': 'application/json', 'x-timestamp': stamp, 'x-signature': digest };
}

export function poster(url) {
  const pool = new Pool(url, { connections: CONNECTIONS, pipelining: 1 });
  return {
    pool,
    async post() {
      const answer = await pool.request({ path: '/', method: 'POST', headers: headers(), body: SAMPLE_BODY });
      await answer.body.dump();
    },
    close: () => pool.close(),
  };
}
