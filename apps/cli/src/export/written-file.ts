// Files that are there whole or not at all, whenever the process or the machine stops: written under another name,
// brought to the disk, then renamed.
import { createHash } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

export const temporarySuffix = '.tmp';

const pieceBytes = 256 * 1024;

/** Size in bytes, and SHA-256 in hexadecimal digits. */
export type FileContent = { bytes: number; sha256: string };

/** `write` gets the name to write to, and resolves when it has. */
export async function writeWhole(file: string, write: (name: string) => Promise<unknown>): Promise<FileContent> {
  const temporary = `${file}${temporarySuffix}`;
  try {
    await write(temporary);
    await toDisk(temporary);
    const content = await contentOf(temporary);
    await rename(temporary, file);
    await toDisk(dirname(file));
    return content;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

export async function replaceFile(file: string, text: string): Promise<void> {
  await writeWhole(file, async (name) => {
    const handle = await open(name, 'w');
    await handle.writeFile(text).finally(() => handle.close());
  });
}

export async function contentOf(file: string): Promise<FileContent> {
  const hash = createHash('sha256');
  let bytes = 0;
  const handle = await open(file, 'r');
  try {
    // One buffer for all of it: a stream would leave many behind for the garbage collector.
    const buffer = Buffer.allocUnsafe(pieceBytes);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, pieceBytes, null);
      if (bytesRead === 0) return { bytes, sha256: hash.digest('hex') };
      hash.update(buffer.subarray(0, bytesRead));
      bytes += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

async function toDisk(name: string): Promise<void> {
  const handle = await open(name, 'r');
  await handle.sync().finally(() => handle.close());
}
