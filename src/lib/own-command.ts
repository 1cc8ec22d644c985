/** How this person calls the command line: through npm in a clone, through npx, or by name where it is installed. */
export function ownCommand(env: Readonly<Record<string, string | undefined>>): string {
  const { npm_lifecycle_event: script, npm_package_name: owner } = env;
  if (script === 'npx') return 'npx ringer';
  return script && owner === 'ringer' ? 'npm run -s ringer --' : 'ringer';
}
