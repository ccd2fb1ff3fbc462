// Where the text of a setting X stands: in the variable X, or in the file that X_FILE names, which is how secrets are
// mounted into containers. What stands in a file is never part of a message: it was put there so as not to be seen.
import { closeSync, openSync, readSync } from 'node:fs';

export type SettingSource =
  | { kind: 'unset' }
  | { kind: 'given'; text: string; from: 'variable' | 'file' }
  | { kind: 'unusable'; problem: string };

/** Returns null for a file with more than `bytesMax` bytes; throws what Node throws for one that cannot be read. */
export type ReadFile = (path: string, bytesMax: number) => string | null;

/** More than any setting, and little enough to be read by mistake. */
const fileBytesMax = 65_536;

/** An empty variable counts as unset. */
export function settingSource(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
  readFile: ReadFile = readStartOf,
): SettingSource {
  const text = env[name] || undefined;
  const path = env[`${name}_FILE`] || undefined;
  if (path === undefined) return text === undefined ? { kind: 'unset' } : { kind: 'given', text, from: 'variable' };
  const unusable = (problem: string) => ({ kind: 'unusable', problem }) as const;
  if (text !== undefined) return unusable(`${name} and ${name}_FILE are both set: one of them has to go`);
  const which = `${name}_FILE names ${path}, which`;
  try {
    const content = readFile(path, fileBytesMax);
    if (content === null) return unusable(`${which} has more than ${fileBytesMax} bytes`);
    const value = content.replace(/\r?\n$/, '');
    return value === '' ? unusable(`${which} is empty`) : { kind: 'given', text: value, from: 'file' };
  } catch (error) {
    return unusable(`${which} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** Whether somebody has set it, be it to something that cannot be used. */
export const isGiven = (name: string, env: Readonly<Record<string, string | undefined>>): boolean =>
  Boolean(env[name] || env[`${name}_FILE`]);

function readStartOf(path: string, bytesMax: number): string | null {
  const buffer = Buffer.alloc(bytesMax + 1);
  const file = openSync(path, 'r');
  try {
    let length = 0;
    for (;;) {
      const bytes = readSync(file, buffer, length, buffer.length - length, null);
      length += bytes;
      if (length > bytesMax) return null;
      if (bytes === 0) return buffer.toString('utf8', 0, length);
    }
  } finally {
    closeSync(file);
  }
}
