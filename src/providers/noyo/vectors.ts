import { utf8 } from '../../lib/bytes.js';
import type { Vector } from '../contract.js';
import { sign, signedBefore } from './signing.js';

const secret = 'noyo_test_secret';
const timestamp = '2024-05-08T21:27:45.039587+00:00';
const body =
  '{"data":{"message":"Hello world!"},"event":{"type":"test.hello_world","created":1715203664,"id":"beda9ea3-5136-4b7b-93be-37bf3fcc010a"}}';

const OVER_BOTH = '9bd724bfea167225ac71946b47e2b6c4a9f00372cffa57e22776f93035e0e4e6';
const OVER_BODY = '1dec714f749ebdeae218d45d213e3572daab522dadeae63b95b7c6efccb3837a';

function vector(title: string, signedContent: string, expected: string): Vector {
  return {
    title,
    source: null,
    given: { secret, timestamp, body, signedContent },
    expected,
    actual: () => sign([secret], signedBefore(signedContent, timestamp), utf8(body)),
  };
}

/** Ours: Noyo publishes no secret for its printed header. The first is accepted by the verifier Noyo publishes. */
export const vectors: readonly Vector[] = [
  vector('timestamp.body', 'timestamp.body', OVER_BOTH),
  vector('body alone', 'body', OVER_BODY),
  vector('both, in one list', 'both', `${OVER_BOTH},${OVER_BODY}`),
];
