import { openDemoServer } from './demo-server.js';
import { makeDemoWorld, settled } from './demo-world.js';

// Run by `npm run seed`; a second time it changes nothing.
const say = (line: string) => void process.stderr.write(`${line}\n`);

try {
  const server = await openDemoServer(process.env, say);
  try {
    const { tenant, receiver, rows } = await makeDemoWorld(server);
    const counts = await settled(server, 30_000);
    process.stdout.write(`tenant ${tenant}, sending to the built-in receiver at ${receiver}\n`);
    for (const { provider, subscription, events, published } of rows) {
      process.stdout.write(
        `${provider.padEnd(14)} ${subscription}  ${events} events, ${published} of them new\n`,
      );
    }
    const told = Object.entries(counts).map(([status, n]) => `${n} ${status}`);
    process.stdout.write(`deliveries: ${told.join(', ') || 'none'}\n`);
    say('look around: npm run -s ringer -- deliveries --tenant demo');
  } finally {
    await server.close();
  }
} catch (error) {
  say(`seed: ${(error as Error).message}`);
  process.exitCode = 1;
}
