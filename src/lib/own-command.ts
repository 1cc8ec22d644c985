/** How this person calls the command line: through npm in a clone, by name where it is installed. */
export function ownCommand(env: Readonly<Record<string, string | undefined>>): string {
  return env.npm_lifecycle_event ? 'npm run -s ringer --' : 'ringer';
}
