// Turns the environment into one frozen, typed object, once, at the start of a process. A setting that cannot be used
// stops the process with a line per problem that names the variable: half-understood settings must not trade.
import type { Static, TObject, TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { type ReadFile, settingSource } from './setting-source.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
export type Config<Schema extends TObject> = Readonly<Static<Schema>>;

/** Thrown by {@link readConfig}; the message holds one line per unusable setting. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** What a schema may say of a setting beside what TypeBox knows. */
export type SettingHints = {
  /** The value may hold a password: no message shows it. */
  secret?: boolean;
  /** How a usable value looks, for people; said instead of the pattern. */
  form?: string;
  /** Why a value of the right form cannot be used all the same; null if it can. Shows no part of it. */
  check?: (text: string) => string | null;
};

const decimalNumber = /^-?\d+(\.\d+)?$/;

/**
 * Reads the settings that `schema` lists out of `env`. An empty variable counts as unset, and any setting X may stand
 * in the file that X_FILE names. Throws {@link ConfigError}.
 */
export function readConfig<Schema extends TObject>(
  schema: Schema,
  env: Environment,
  readFile?: ReadFile,
): Config<Schema> {
  const given: Record<string, unknown> = {};
  const problems = new Map<string, string>();
  const shown = new Map<string, string>();
  for (const [name, setting] of Object.entries<TSchema>(schema.properties)) {
    const source = settingSource(name, env, readFile);
    if (source.kind === 'unusable') problems.set(name, source.problem);
    if (source.kind !== 'given') continue;
    given[name] = parseSetting(source.text, setting);
    const hidden = source.from === 'file' || hintsOf(schema, name).secret === true;
    shown.set(name, hidden ? 'but is something else, which is not shown here' : `but is "${source.text}"`);
  }
  const values = Value.Default(schema, given);
  for (const { name, text } of Value.Errors(schema, values).flatMap((problem) => describeProblem(problem, schema))) {
    if (!problems.has(name)) problems.set(name, [`${name} ${text}`, shown.get(name) ?? []].flat().join(', '));
  }
  for (const [name, value] of Object.entries(given)) {
    const problem = problems.has(name) ? null : hintsOf(schema, name).check?.(String(value));
    if (problem) problems.set(name, `${name} ${problem}`);
  }
  if (problems.size === 0 && Value.Check(schema, values)) return Object.freeze(values);
  throw new ConfigError([...problems.values()].join('\n'));
}

// Value.Convert would truncate "5.5" to 5 where an integer is wanted; a setting is used as written or not at all.
function parseSetting(text: string, setting: TSchema): unknown {
  const type = 'type' in setting ? setting.type : undefined;
  const numeric = type === 'integer' || type === 'number';
  return numeric && decimalNumber.test(text) ? Number(text) : text;
}

const hintsOf = (schema: TObject, name: string): SettingHints => (schema.properties[name] ?? {}) as SettingHints;

type Problem = ReturnType<typeof Value.Errors>[number];

function describeProblem(problem: Problem, schema: TObject): { name: string; text: string }[] {
  if (problem.keyword === 'required') {
    return problem.params.requiredProperties.map((name) => ({ name, text: 'is not set, and has no default' }));
  }
  const name = problem.instancePath.slice(1);
  const { form } = hintsOf(schema, name);
  return [{ name, text: form === undefined ? `${problem.message}${allowedValues(problem)}` : `has to be ${form}` }];
}

function allowedValues(problem: Problem): string {
  return problem.keyword === 'enum' ? ` (${problem.params.allowedValues.join(', ')})` : '';
}
