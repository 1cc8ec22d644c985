import type { Vector } from '../contract.js';
import { hmacSha256 } from '../signing/hmac.js';

const given = {
  secret: 'healthsherpa_test_secret',
  body: '{"transaction_id":123456789,"policy_status":"effectuated","event_type":"sync"}',
};

export const vectors: readonly Vector[] = [
  {
    title: 'X-Webhook-Signature, as assumed',
    source: null,
    given,
    expected: 'd11531cc6db7360dcd07b7f2f35f046527d2ffe672965cb1a44625fe336e8e97',
    actual: () => hmacSha256(given.secret, [given.body], 'hex'),
  },
];
