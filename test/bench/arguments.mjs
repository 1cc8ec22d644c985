import { parseArgs } from 'node:util';

/** What was asked for, or one sentence with the usage and the exit code 2: nothing has been run then. */
export function argumentsOf({ usage, options, judge = () => undefined }) {
  const refuse = (why) => {
    process.stderr.write(`${why}${why && ' '}Usage: ${usage}\n`);
    process.exit(2);
  };
  let values;
  try {
    ({ values } = parseArgs({ options: { ...options, help: { type: 'boolean', short: 'h' } } }));
  } catch (error) {
    // Node's advice for arguments that begin with a dash is of no use here.
    refuse(`${error.message.split(/\. |\n/)[0].replace(/\.$/, '')}.`);
  }
  if (values.help) refuse('');
  const why = judge(values);
  if (why) refuse(why);
  return values;
}

/** @returns the names of a list with commas, and what to say when some are not there. */
export function named(list, known, where = '') {
  const names = list.split(',');
  const unknown = names.filter((name) => !known.includes(name));
  return { names, why: unknown.length > 0 ? `There is no ${unknown.join(', ')}${where}.` : '' };
}
