// Run by hand after a setting was added or changed; a test tells when that was forgotten.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { settingGroups } from './config.ts';
import { renderEnvExample } from './env-example.ts';

writeFileSync(resolve(import.meta.dirname, '../../../.env.example'), renderEnvExample(settingGroups));
