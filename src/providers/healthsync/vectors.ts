import { utf8 } from '../../lib/bytes.js';
import type { Vector } from '../contract.js';
import { sign } from './signing.js';

const secret = 'healthsync_test_secret';
const body =
  '{"id":"evt_abc123","type":"document.uploaded","created_at":"2024-02-27T10:30:00Z","data":{"object":{"id":"doc_xyz789","user_id":"user_123","filename":"lab_results.pdf","file_size":245678,"category":"lab_results","uploaded_at":"2024-02-27T10:30:00Z"}}}';

/** Ours: the document prints no secret and shortens its signature to `sha256=abc123...`. */
export const vectors: readonly Vector[] = [
  {
    title: 'the printed document.uploaded, compact',
    source: null,
    given: { secret, body },
    expected: 'sha256=e8f836db0ae199b1bf49d34e3b4d0adf9018143f00355b9fe0134db8055b27c8',
    actual: () => sign(secret, utf8(body)),
  },
];
