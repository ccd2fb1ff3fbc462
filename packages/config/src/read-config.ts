// Turns the environment into one frozen, typed object, once, at the start of a process. A setting that cannot be used
// stops the process with a line per problem that names the variable: half-understood settings must not trade.
import type { Static, TObject, TSchema } from 'typebox';
import { Value } from 'typebox/value';

export type Environment = Readonly<Record<string, string | undefined>>;
export type Config<Schema extends TObject> = Readonly<Static<Schema>>;

/** Thrown by {@link readConfig}; the message holds one line per unusable setting. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const decimalNumber = /^-?\d+(\.\d+)?$/;

/**
 * Reads the settings that `schema` lists out of `env`. An empty variable counts as unset. Throws {@link ConfigError}.
 */
export function readConfig<Schema extends TObject>(schema: Schema, env: Environment): Config<Schema> {
  const given: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries<TSchema>(schema.properties)) {
    const text = env[name];
    if (text !== undefined && text !== '') given[name] = parseSetting(text, setting);
  }
  const values = Value.Default(schema, given);
  if (Value.Check(schema, values)) return Object.freeze(values);
  const problems = Value.Errors(schema, values).flatMap((problem) => describeProblem(problem, env));
  throw new ConfigError([...new Set(problems)].join('\n'));
}

// Value.Convert would truncate "5.5" to 5 where an integer is wanted; a setting is used as written or not at all.
function parseSetting(text: string, setting: TSchema): unknown {
  const type = 'type' in setting ? setting.type : undefined;
  const numeric = type === 'integer' || type === 'number';
  return numeric && decimalNumber.test(text) ? Number(text) : text;
}

type Problem = ReturnType<typeof Value.Errors>[number];

function describeProblem(problem: Problem, env: Environment): string[] {
  if (problem.keyword === 'required') {
    return problem.params.requiredProperties.map((name) => `${name} is not set, and has no default`);
  }
  const name = problem.instancePath.slice(1);
  return [`${name} ${problem.message}${allowedValues(problem)}, but is "${env[name]}"`];
}

function allowedValues(problem: Problem): string {
  return problem.keyword === 'enum' ? ` (${problem.params.allowedValues.join(', ')})` : '';
}
