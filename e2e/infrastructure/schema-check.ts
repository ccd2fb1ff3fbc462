// Judges a manifest by the schema of its kind. The schemas let unknown fields pass, as a cluster drops them without a
// word, so it is also watched which fields the validation looks at: a misspelt one is never read.
import type { Manifest } from './rendered.ts';

type Model = Record<string, unknown> & { validate: () => void };
type Models = Readonly<Record<string, (new (data: object) => Model) | undefined>>;

/** What is wrong, a line each; `null` when there is no schema of the kind. */
export async function schemaProblems(manifest: Manifest): Promise<string[] | null> {
  const { apiVersion, kind } = manifest;
  const packageName = apiVersion.startsWith('keda.sh/') ? '@kubernetes-models/keda' : 'kubernetes-models';
  const models: Models = await import(`${packageName}/${apiVersion}/${kind}`).catch(() => ({}));
  const SchemaModel = models[kind];
  if (SchemaModel === undefined) return null;

  const unread = new Set<string>();
  const model = new SchemaModel({});
  for (const [key, value] of Object.entries(manifest)) model[key] = watched(value, `/${key}`, unread);
  const problems: string[] = [];
  try {
    model.validate();
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
  return [...problems, ...[...unread].map((path) => `${path} is unknown`)];
}

function watched(value: unknown, path: string, unread: Set<string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const copy: unknown[] | Record<string, unknown> = Array.isArray(value) ? [] : {};
  for (const [key, child] of Object.entries(value)) {
    unread.add(`${path}/${key}`);
    Object.assign(copy, { [key]: watched(child, `${path}/${key}`, unread) });
  }
  return new Proxy(copy, {
    get(target, key) {
      unread.delete(`${path}/${String(key)}`);
      return Reflect.get(target, key);
    },
  });
}
