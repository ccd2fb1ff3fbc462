// What a Read asks for, checked. EventStoreDB includes the given start in reads, excludes it in subscriptions and in
// reads of $all backwards; here that is settled once: `from` is the first number or position that the answer may
// contain.
import streams, { type ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { Direction } from '../storage/event-log.ts';
import type { UuidForm } from './event-encoding.ts';
import { type EventFilter, parseFilter } from './event-filter.ts';
import { GrpcFailure, handlerException, invalidCombination, status } from './failure.ts';
import { streamName } from './requests.ts';

/** How events are shown, whatever is asked for. */
export type Presentation = Readonly<{ resolveLinks: boolean; uuidForm: UuidForm }>;

/** `from` counts events of a stream, or positions of the log. */
export type ReadTarget =
  | { kind: 'read-stream'; stream: string; from: number; direction: Direction; count: number }
  | { kind: 'read-all'; from: number; direction: Direction; count: number; filter: EventFilter | undefined }
  | { kind: 'subscribe-to-stream'; stream: string; from: number | 'end' }
  | { kind: 'subscribe-to-all'; from: number | 'end'; filter: EventFilter | undefined };

export type ReadRequest = ReadTarget & Presentation;

type Options = ReadReq.Options;
type StreamOptions = ReadReq.Options.StreamOptions;
type AllOptions = ReadReq.Options.AllOptions;

const revisionMax = 2n ** 63n - 1n;
const endRevision = 2n ** 64n - 1n;
/** Greater than every number and position, and still exact when one is added. */
const beyondAllEvents = Number.MAX_SAFE_INTEGER - 1;

export function parseReadRequest(request: ReadReq): ReadRequest {
  const options = request.getOptions();
  if (options === undefined) throw handlerException('the request has no options');
  const stream = options.getStream();
  const all = options.getAll();
  const direction =
    options.getReadDirection() === streams.ReadReq.Options.ReadDirection.BACKWARDS ? 'backwards' : 'forwards';
  if (options.hasSubscription() && direction === 'backwards') throw invalidCombination('subscription, backwards');
  const presentation = { resolveLinks: options.getResolveLinks(), uuidForm: parseUuidForm(options) };
  if (stream !== undefined) return { ...parseStreamRequest(options, stream, direction), ...presentation };
  if (all !== undefined) return { ...parseAllRequest(options, all, direction), ...presentation };
  throw invalidCombination('neither a stream nor $all');
}

function parseUuidForm(options: Options): UuidForm {
  const form = options.getUuidOption();
  if (form?.hasStructured()) return 'structured';
  if (form?.hasString()) return 'string';
  throw new GrpcFailure(status.INVALID_ARGUMENT, 'The form of the event ids is not set.');
}

function parseStreamRequest(options: Options, target: StreamOptions, direction: Direction): ReadTarget {
  if (options.hasFilter()) throw invalidCombination('stream, filter');
  const stream = streamName(target.getStreamIdentifier());
  const revision = target.hasStart() ? 'start' : target.hasEnd() ? 'end' : parseRevision(target.getRevision());
  if (options.hasSubscription()) {
    const from = revision === 'start' ? 0 : revision === 'end' ? 'end' : revision + 1;
    return { kind: 'subscribe-to-stream', stream, from };
  }
  const count = Number(options.getCount());
  const readsNothing = count === 0 || (direction === 'forwards' && revision === 'end');
  if (readsNothing) throw new GrpcFailure(status.UNKNOWN, 'Unexpected ReadStreamResult: Error');
  const from = revision === 'start' ? 0 : revision === 'end' ? beyondAllEvents : revision;
  return { kind: 'read-stream', stream, from, direction, count };
}

function parseAllRequest(options: Options, target: AllOptions, direction: Direction): ReadTarget {
  const filterOptions = options.getFilter();
  const filter = filterOptions && parseFilter(filterOptions);
  const position = target.hasStart() ? 'start' : target.hasEnd() ? 'end' : parsePosition(target.getPosition());
  if (options.hasSubscription()) {
    return { kind: 'subscribe-to-all', from: subscriptionStart(position), filter };
  }
  const commit = position === 'start' ? 0 : position === 'end' ? beyondAllEvents : position.commit;
  const from = direction === 'forwards' ? commit : commit - 1;
  return { kind: 'read-all', from, direction, count: Number(options.getCount()), filter };
}

type Position = { commit: number; prepare: number };

function subscriptionStart(position: 'start' | 'end' | Position): number | 'end' {
  if (position === 'start') return 0;
  if (position === 'end') return 'end';
  // A checkpoint of EventStoreDB may name a commit position with prepare 0: the event there was not delivered yet.
  return position.prepare < position.commit ? position.commit : position.commit + 1;
}

function parseRevision(text: string): number | 'end' {
  const revision = BigInt(text);
  if (revision === endRevision) return 'end';
  if (revision > revisionMax) throw handlerException(`revision ${text} is out of range`);
  return Math.min(Number(revision), beyondAllEvents);
}

function parsePosition(position: ReadReq.Options.Position | undefined): Position {
  const commit = BigInt(position?.getCommitPosition() ?? 0);
  const prepare = BigInt(position?.getPreparePosition() ?? 0);
  if (prepare > commit) throw handlerException(`prepare position ${prepare} is after commit position ${commit}`);
  return { commit: Math.min(Number(commit), beyondAllEvents), prepare: Math.min(Number(prepare), beyondAllEvents) };
}
