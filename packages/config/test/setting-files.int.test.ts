import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../src/read-config.ts';

const schema = Type.Object({ TOKEN: Type.String() });
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orders-settings-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function fileWith(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe('a setting in a file', () => {
  it('has the text of the file, whatever characters it is made of', async () => {
    const TOKEN_FILE = await fileWith('token', 'pässwörd with spaces \n');
    expect(readConfig(schema, { TOKEN_FILE })).toEqual({ TOKEN: 'pässwörd with spaces ' });
  });

  it('may be as large as 64 KiB, and not larger', async () => {
    const largest = await fileWith('largest', 'x'.repeat(65_536));
    expect(readConfig(schema, { TOKEN_FILE: largest }).TOKEN).toHaveLength(65_536);
    const larger = await fileWith('larger', 'x'.repeat(65_537));
    expect(() => readConfig(schema, { TOKEN_FILE: larger })).toThrow(`TOKEN_FILE names ${larger}, which has more than`);
    expect(() => readConfig(schema, { TOKEN_FILE: '/dev/zero' })).toThrow('which has more than 65536 bytes');
  });

  it('is told apart from a folder, and from nothing', () => {
    expect(() => readConfig(schema, { TOKEN_FILE: folder })).toThrow('cannot be read (EISDIR)');
    expect(() => readConfig(schema, { TOKEN_FILE: join(folder, 'absent') })).toThrow('cannot be read (ENOENT)');
  });
});
