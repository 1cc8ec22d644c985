import { readFileSync } from 'node:fs';
import { ConfigError } from '../config.js';
import { AppError } from '../errors.js';
import { isObject, type Json } from '../lib/merge-patch.js';
import { type DeclaredWorld, declaredWorld } from '../services/schemas/declared-world.js';
import { parseInput } from '../services/schemas/parse.js';

/**
 * A file of `start --config`. `{"env": "NAME"}` stands for the value of that variable, wherever a value may stand.
 * @throws ConfigError naming the file and the place in it.
 */
export function readDeclaredFile(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): DeclaredWorld {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new ConfigError(
      `${file} cannot be read; RINGER_CONFIG names the file with tenants and subscriptions.`,
    );
  }
  try {
    return parseInput(declaredWorld, fromEnv(JSON.parse(text) as Json, env));
  } catch (error) {
    if (error instanceof SyntaxError) throw new ConfigError(`${file} is not JSON: ${error.message}`);
    if (error instanceof AppError || error instanceof ConfigError)
      throw new ConfigError(`${file}: ${error.message}`);
    throw error;
  }
}

function fromEnv(node: Json, env: Readonly<Record<string, string | undefined>>, path = ''): Json {
  if (Array.isArray(node)) return node.map((item, i) => fromEnv(item, env, `${path}.${i}`));
  if (!isObject(node)) return node;
  const { env: name } = node;
  if (typeof name !== 'string' || Object.keys(node).length > 1) {
    return Object.fromEntries(
      Object.entries(node).map(([key, value]) => [key, fromEnv(value, env, `${path}.${key}`)]),
    );
  }
  const value = env[name];
  if (value) return value;
  throw new ConfigError(`${path.slice(1)} wants the variable ${name}, which is not set.`);
}
