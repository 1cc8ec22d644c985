import type { Vector } from '../contract.js';
import { hmacSha256 } from '../signing/hmac.js';
import { encryptToken } from './encryption.js';
import { secretKey } from './secret.js';
import { SVIX_SERVER, SVIX_VERIFY } from './sources.js';

interface Signed extends Record<string, string> {
  secret: string;
  id: string;
  timestamp: string;
  body: string;
}

function signature(title: string, source: string, given: Signed, expected: string): Vector {
  const parts = [`${given.id}.${given.timestamp}.`, given.body];
  const actual = () => `v1,${hmacSha256(secretKey(given.secret), parts, 'base64')}`;
  return { title, source, given, expected, actual };
}

const encrypted = {
  key: 'DaqfT7Ys6tGqM3zbesEKpmacTJEqBCp2',
  iv: '000102030405060708090a0b0c0d0e0f',
  plaintext:
    '{"balance":1000.1234,"contactId":"cbe3f42c-c1d0-4721-b8ce-ab35001ce051","accountId":123,"definitionId":1,"balanceExpires":"2024-12-31T23:59:59.999+01:00"}',
};

export const vectors: readonly Vector[] = [
  signature(
    'signature, from the Svix documentation',
    SVIX_VERIFY,
    {
      secret: 'whsec_plJ3nmyCDGBKInavdOK15jsl',
      id: 'msg_loFOjxBNrRLzqYUf',
      timestamp: '1731705121',
      body: '{"event_type":"ping","data":{"success":true}}',
    },
    'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
  ),
  signature(
    'signature, from the tests of the Svix libraries',
    SVIX_SERVER,
    {
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: '1614265330',
      body: '{"test": 2432232314}',
    },
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  ),
  {
    title: 'payload encryption',
    // Voyado's published sample does not decrypt with its published key, in any of CBC, CTR, CFB and OFB.
    source: null,
    given: encrypted,
    expected:
      'AAECAwQFBgcICQoLDA0OD33WZ93Y51Z1YMhTzH9qjmH44QfyXE5srDPxFL1Rnfig1hHidZ5aP65gMYB-BW96YqzE6p65mywKkptzD9Cb2piStSxA5buqpO4fx52Wnd0WCsAVqAjI-XB5SP_oVS2cPTsGHZf4yv4Ndwa5jjVF4RyH5rZY7mNJ9ip2OcpyzyluTioGfbOZOkKbYbYkJJdMWf1UsChRz14iLpDDMr75e4E',
    actual: () => encryptToken(encrypted.plaintext, encrypted.key, Buffer.from(encrypted.iv, 'hex')),
  },
];
