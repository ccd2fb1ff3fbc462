// The filter of a subscription to $all: by stream name or event type, by prefixes or a regular expression. It looks at
// events as they are stored, and counts how many it has looked at since the last checkpoint.
import { setFlagsFromString } from 'node:v8';
import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { RecordedEvent } from '../storage/events.ts';
import { GrpcFailure, handlerException, status } from './failure.ts';

// An expression such as `^(a+)+$` takes twice as long for each letter of a name. After 50,000 steps back V8 then begins
// anew with its engine that takes none; that one lacks look-around and references to groups.
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');

export type EventFilter = Readonly<{
  matches: (event: Pick<RecordedEvent, 'stream' | 'type'>) => boolean;
  /** A checkpoint is due after this many events, matching or not. */
  checkpointInterval: number;
}>;

type FilterOptions = ReadReq.Options.FilterOptions;
type Expression = ReadReq.Options.FilterOptions.Expression;

/** The window of EventStoreDB where the client names none. */
const defaultWindow = 32;

export function parseFilter(filter: FilterOptions): EventFilter {
  const multiplier = filter.getCheckpointintervalmultiplier();
  if (multiplier === 0) throw handlerException('the checkpoint interval is 0');
  const window = filter.hasMax() ? filter.getMax() : defaultWindow;
  return { matches: parseMatch(filter), checkpointInterval: multiplier * window };
}

function parseMatch(filter: FilterOptions): EventFilter['matches'] {
  const byStream = filter.getStreamIdentifier();
  if (byStream !== undefined) {
    const matches = parseExpression(byStream);
    return ({ stream }) => matches(stream);
  }
  const byType = filter.getEventType();
  if (byType !== undefined) {
    const matches = parseExpression(byType);
    return ({ type }) => matches(type);
  }
  throw new GrpcFailure(status.INVALID_ARGUMENT, 'The filter names neither a stream nor an event type.');
}

function parseExpression(expression: Expression): (text: string) => boolean {
  const source = expression.getRegex();
  if (source === '') {
    const prefixes = expression.getPrefixList();
    return (text) => prefixes.some((prefix) => text.startsWith(prefix));
  }
  const pattern = parseRegex(source);
  return (text) => pattern.test(text);
}

function parseRegex(source: string): RegExp {
  try {
    return new RegExp(source);
  } catch {
    throw handlerException(`"${source}" is not a regular expression`);
  }
}
