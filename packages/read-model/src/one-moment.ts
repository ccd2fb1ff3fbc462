import type { Redis } from 'ioredis';
import type { Keyspace } from './keys.ts';

// A transaction would do as well, but Redis takes none while its memory is full: and then a look is wanted most.
const readScript = `
  local replies = {}
  local at = 1
  while at <= #ARGV do
    local last = at + tonumber(ARGV[at])
    replies[#replies + 1] = redis.call(unpack(ARGV, at + 1, last))
    at = last + 1
  end
  return replies`;

type Scripts = { readAtOneMoment: (key: string, ...args: string[]) => Promise<unknown[]> };

/** The answers to commands that only read, of some thousand words each at the most, between which nobody wrote. */
export function readAtOneMoment(
  redis: Redis,
  { checkpoint }: Keyspace,
  commands: readonly (readonly string[])[],
): Promise<unknown[]> {
  redis.defineCommand('readAtOneMoment', { numberOfKeys: 1, lua: readScript, readOnly: true });
  const scripts = redis as unknown as Scripts;
  return scripts.readAtOneMoment(checkpoint, ...commands.flatMap((words) => [String(words.length), ...words]));
}
