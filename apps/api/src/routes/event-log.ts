// GET /events: the log of all order events, oldest first, in pages of JSON or as lines for as long as there are any.
import { Socket } from 'node:net';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { eventJson } from '@orders/order-store/event-json';
import { NoSuchPositionError } from '@orders/order-store/log-page';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { brokenRule, fieldErrors } from '../field-errors.ts';
import { type EventPagesDeps, eventPage, type MatchingEvents, matchingEvents } from '../log/event-pages.ts';
import { type EventQuestion, readEventQuery, typedEventQuery } from '../log/event-query.ts';
import type { EventSources } from '../log/event-sources.ts';
import { preferredMediaType } from '../media-types.ts';
import { ProblemError, problems, validationFailed } from '../problem.ts';
import { EventPage } from '../schemas/answers.ts';
import { EventLogQuery } from '../schemas/event-requests.ts';
import { eventRules, eventsDefault } from '../schemas/event-rules.ts';
import { eventLinesExamples, eventPageExamples, invalidEventQuery } from '../schemas/examples.ts';
import { ReadHeaders } from '../schemas/requests.ts';
import { jsonResponse, problemResponse, textContent } from '../schemas/responses.ts';
import { streamedAnswer } from '../streamed-answer.ts';

export type EventLogRouteDeps = EventPagesDeps & Pick<EventSources, 'readEnd'>;

const json = 'application/json';
const lines = 'application/x-ndjson';

// They take turns at the log. Each one further makes all of them slower, and at last slower than clients wait.
const readersMax = 64;

export const eventLogRoute =
  (deps: EventLogRouteDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    let readers = 0;
    const page = jsonResponse('One page; or all events, one a line.', EventPage, eventPageExamples, {
      Vary: { type: 'string', description: 'Accept' },
    });
    const schema = {
      operationId: 'listEvents',
      summary: 'Read the log of all order events, oldest first',
      description:
        `\`next_cursor\` always says where to go on, at the end of the log too: ask again with it to hear what is new. ` +
        `One request looks at a bounded part of the log, so that a page may be short, and even empty, before the end.\n\n` +
        `\`Accept: ${lines}\` gives all events up to the end that the log has now, one a line, however many; the ` +
        '`position` of the last line is the cursor to go on from. A connection that breaks off is not the end.\n\n' +
        'Events that a later version has written, and that this one cannot read, are left out.',
      ...{ tags: ['orders'], hide: app.prefix !== '', headers: ReadHeaders, querystring: EventLogQuery },
      response: {
        200: { ...page, content: { ...page.content, ...textContent(lines, eventLinesExamples) } },
        406: problemResponse(problems.notAcceptable),
        422: problemResponse(invalidEventQuery),
        500: problemResponse(problems.internalError),
        503: problemResponse(problems.eventsUnavailable, problems.tooManyReads),
      },
    };
    app.get('/events', {
      schema,
      attachValidation: true,
      preValidation: async (request) => {
        request.query = typedEventQuery(request.query) as typeof request.query;
      },
      handler: async (request, reply) => {
        reply.header('vary', 'Accept');
        const mediaType = preferredMediaType(request.headers.accept, [json, lines]);
        if (mediaType === null) throw new ProblemError(problems.notAcceptable);
        refuseInvalid(request);
        const question = readEventQuery(request.query, mediaType === lines);
        if ('errors' in question) throw new ProblemError(validationFailed(question.errors));
        if (readers >= readersMax) throw new ProblemError(problems.tooManyReads);
        // A client that has left closes nothing any more.
        if (reply.raw.destroyed) return reply.hijack();
        readers += 1;
        reply.raw.once('close', () => {
          readers -= 1;
        });
        return mediaType === lines ? sendLines(deps, question, reply) : readPage(deps, question);
      },
    });
  };

/** Names of this route mean something else elsewhere, so that it refuses them in its own words. */
export function refuseInvalid({ validationError }: FastifyRequest): void {
  if (validationError === undefined) return;
  if (validationError.validationContext !== 'querystring') throw validationError;
  throw new ProblemError(validationFailed(fieldErrors(validationError.validation, 'querystring', eventRules)));
}

async function readPage(deps: EventLogRouteDeps, question: EventQuestion) {
  const { cursor, limit } = question;
  const pages = matchingEvents(deps, question);
  const page = await eventPage(pages, { cursor, limit: limit ?? eventsDefault }).catch(failAsProblem);
  return { events: page.events.map(eventJson), next_cursor: String(page.reached), at_end: page.atEnd };
}

async function sendLines(deps: EventLogRouteDeps, question: EventQuestion, reply: FastifyReply) {
  const until = await deps.readEnd().catch(failAsProblem);
  const pages = matchingEvents(deps, question, until);
  // Read before the answer begins: until then a failure can be told.
  const first = await pages.next().catch(failAsProblem);
  reply.type(lines);
  if (reply.request.method === 'HEAD') return reply.send();
  return reply.send(
    streamedAnswer(eventLines(first.done ? undefined : first.value, pages, { question, reply }), reply),
  );
}

type LineOptions = { question: EventQuestion; reply: FastifyReply };

/** A page of lines at a time. What it throws, the client notices: its connection breaks off. */
async function* eventLines(
  first: MatchingEvents | undefined,
  pages: AsyncGenerator<MatchingEvents, void, void>,
  { question, reply }: LineOptions,
): AsyncGenerator<string, void, void> {
  const { socket } = reply.raw;
  let room = question.limit ?? Number.POSITIVE_INFINITY;
  for (let page = first; page !== undefined && room > 0; ) {
    const wanted = page.events.slice(0, room);
    room -= wanted.length;
    if (wanted.length > 0) yield wanted.map((recorded) => `${JSON.stringify(eventJson(recorded))}\n`).join('');
    // While it looks for events that are rare, a connection is silent for long, yet it is not to be given up on.
    if (socket instanceof Socket) socket.setTimeout(socket.timeout ?? 0);
    const next = await pages.next();
    page = next.done ? undefined : next.value;
  }
}

function failAsProblem(cause: unknown): never {
  if (!(cause instanceof NoSuchPositionError)) throw new ProblemError(problems.eventsUnavailable, { cause });
  const errors = new Map([['cursor', brokenRule('querystring', 'cursor', eventRules.cursor)]]);
  throw new ProblemError(validationFailed(errors), { cause });
}
