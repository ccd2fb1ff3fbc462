// `.env.example` as text, made from the schemas that the processes check their settings with, so that it cannot differ.
import type { TProperties, TSchema } from 'typebox';

type SettingGroup = { title: string; properties: TProperties };

const opening = [
  '# Every setting, with its default. To change one, copy this file to .env and remove the # in front of it.',
  '# Any setting X may stand in a file instead, without quotes, if X_FILE names that file: for secrets.',
  '# Variables of the environment win over .env. Written by: pnpm --filter @orders/launcher env-example',
];

/** A setting that several groups have stands in the first of them. */
export function renderEnvExample(groups: readonly SettingGroup[]): string {
  const known = new Set<string>();
  const sections = groups.map(({ title, properties }) => {
    const own = Object.entries<TSchema>(properties).filter(([name]) => !known.has(name));
    for (const [name] of own) known.add(name);
    return own.length === 0 ? [] : ['', `## ${title}`, ...own.flatMap(renderSetting)];
  });
  return [...opening, ...sections.flat(), ''].join('\n');
}

function renderSetting([name, schema]: [string, TSchema]): string[] {
  const { description = '', default: fallback = '', enum: allowed } = schema as SettingSchema;
  const values = allowed === undefined ? '' : ` One of: ${allowed.join(', ')}.`;
  return ['', `# ${description}${values}`, `# ${name}=${fallback}`];
}

type SettingSchema = { description?: string; default?: string | number; enum?: readonly string[] };
