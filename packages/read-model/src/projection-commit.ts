// One commit of the projection as a list for a script: what must be true before, and which commands follow. The script
// does both without an interruption, and knows nothing of orders.
import type { Keyspace } from './keys.ts';
import { encodeView, type OrderView, versionMark } from './order-view.ts';

export type ViewChange = {
  id: string;
  /** The view as it was read; `null` where there was none. */
  before: OrderView | null;
  /** `null` when it stays as it is. */
  after: OrderView | null;
};

/** `words` may be spread over several calls with the same head. */
type Command = { head: string[]; words: string[] };

/**
 * The arguments of {@link commitScript}: the number of conditions, and of each the key of a view and how it begins;
 * then the commands, each behind the number of its words.
 */
export function commitArguments(keys: Keyspace, changes: readonly ViewChange[]): string[] {
  const conditions = changes.flatMap(({ id, before }) => [keys.view(id), before === null ? '' : versionMark(before)]);
  const commands = commandsOf(keys, changes).flatMap(inPieces);
  return [String(changes.length), ...conditions, ...commands.flatMap((words) => [String(words.length), ...words])];
}

/** The checkpoint must be `ARGV[1]`, and becomes `ARGV[2]`. Answers 0 when a condition does not hold. */
export const commitScript = `
  if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
  local at = 4
  for _ = 1, tonumber(ARGV[3]) do
    local beginning = ARGV[at + 1]
    if redis.call('GETRANGE', ARGV[at], 0, math.max(#beginning, 1) - 1) ~= beginning then return 0 end
    at = at + 2
  end
  while at <= #ARGV do
    local last = at + tonumber(ARGV[at])
    redis.call(unpack(ARGV, at + 1, last))
    at = last + 1
  end
  redis.call('SET', KEYS[1], ARGV[2])
  return 1`;

function commandsOf(keys: Keyspace, changes: readonly ViewChange[]): Command[] {
  const views: string[] = [];
  // By key: few of them, as a batch holds few statuses, accounts and instruments.
  const added = new Map<string, string[]>();
  const removed = new Map<string, string[]>();
  const add = (key: string, ...words: string[]) => listOf(added, key).push(...words);
  const remove = (key: string, id: string) => listOf(removed, key).push(id);

  for (const { id, before, after } of changes) {
    if (after === null) continue;
    const placedAt = String(Date.parse(after.created_at));
    views.push(keys.view(id), encodeView(after));
    if (before === null) {
      for (const key of [keys.allOrders, keys.byAccount(after.account_id), keys.byInstrument(after.instrument)])
        add(key, placedAt, id);
    }
    if (before?.status !== after.status) {
      if (before !== null) remove(keys.byStatus(before.status), id);
      add(keys.byStatus(after.status), placedAt, id);
    }
    if (after.in_doubt_since !== null) add(keys.inDoubtSince, String(Date.parse(after.in_doubt_since)), id);
    else if (before?.status === 'in_doubt') remove(keys.inDoubtSince, id);
  }

  return [
    { head: ['MSET'], words: views },
    ...[...removed].map(([key, words]) => ({ head: ['ZREM', key], words })),
    ...[...added].map(([key, words]) => ({ head: ['ZADD', key], words })),
  ];
}

function listOf(lists: Map<string, string[]>, key: string): string[] {
  const known = lists.get(key);
  if (known !== undefined) return known;
  const list: string[] = [];
  lists.set(key, list);
  return list;
}

// Lua hands no more than some thousand words to one call. Even, for those that belong together in pairs.
const wordsMax = 4_000;

function inPieces({ head, words }: Command): string[][] {
  const pieces: string[][] = [];
  for (let start = 0; start < words.length; start += wordsMax) {
    pieces.push([...head, ...words.slice(start, start + wordsMax)]);
  }
  return pieces;
}
