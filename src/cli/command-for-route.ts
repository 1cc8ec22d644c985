/** The API's refusals name its routes, from the most exact on; here each is the command that does the same. */
const COMMANDS: readonly (readonly [route: string, command: string])[] = [
  ['PUT …/clock {"mode":"manual"}', 'clock set manual'],
  ['PUT …/clock', 'clock set'],
  ['POST …/clock/advance', 'clock advance'],
  ['PUT …/tenants/{tenant}/providers/{provider}', 'providers set'],
];

/** A sentence of the API as this person would act on it. @param own how the command line is called. */
export function inCommands(sentence: string, own: string): string {
  return COMMANDS.reduce((text, [route, command]) => text.replaceAll(route, `${own} ${command}`), sentence);
}
