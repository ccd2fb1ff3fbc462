import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { SystemSettings, settingGroups } from './config.ts';
import { renderEnvExample } from './env-example.ts';

const committed = readFileSync(resolve(import.meta.dirname, '../../../.env.example'), 'utf8');

describe('.env.example', () => {
  it('says what the schemas say: run `pnpm --filter @orders/launcher env-example` after changing one', () => {
    expect(committed).toBe(renderEnvExample(settingGroups));
  });

  it('lists every setting that the launcher checks, once', () => {
    const listed = [...committed.matchAll(/^# ([A-Z_]+)=/gm)].map(([, name]) => name);
    expect(listed.toSorted()).toEqual(Object.keys(SystemSettings.properties).toSorted());
  });
});

describe('renderEnvExample', () => {
  it('writes description, allowed values and default, and nothing where there is no default', () => {
    const properties = {
      LEVEL: Type.Enum(['low', 'high'], { default: 'low', description: 'How much.' }),
      LIMIT: Type.Optional(Type.Integer({ description: 'Unset: no limit.' })),
    };
    expect(renderEnvExample([{ title: 'Demo', properties }])).toContain(
      '\n## Demo\n\n# How much. One of: low, high.\n# LEVEL=low\n\n# Unset: no limit.\n# LIMIT=\n',
    );
  });

  it('leaves a setting to the first group that has it, and out a group that has nothing of its own', () => {
    const properties = { PORT: Type.Integer({ default: 1, description: 'A port.' }) };
    const text = renderEnvExample([
      { title: 'First', properties },
      { title: 'Second', properties },
    ]);
    expect(text.match(/PORT=/g)).toHaveLength(1);
    expect(text).not.toContain('Second');
  });
});
