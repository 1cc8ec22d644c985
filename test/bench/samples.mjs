// Requests as they arrived, judged as a careful consumer of each provider would.
import { loadRegistry } from '../../dist/providers/registry.js';
import { verify } from '../../dist/providers/signing/verify.js';

/** @param secrets by the number at the end of the subscription's URL. */
export async function verifySample(samples, secrets) {
  const registry = await loadRegistry();
  const good = samples.filter(({ head, body }) => {
    const [line, ...lines] = head.split('\r\n');
    const [, provider, number] = /^POST \/(\w+)\/(\d+) /.exec(line) ?? [];
    const headers = lines.map((text) => text.split(/: ?(.*)/s).slice(0, 2));
    const secret = secrets[number];
    const arrived = { headers, body: Buffer.from(body, 'base64') };
    JSON.parse(arrived.body.toString());
    // A consumer that asked for no proof gets none.
    return verify(registry.get(provider), arrived, secret ? [secret] : []).verified !== false;
  });
  return { looked: samples.length, good: good.length };
}
