import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/**
 * Asks for a piece when the client has taken the one before. What `pieces` throws breaks the connection off, so that
 * the client cannot take what it has for the whole.
 */
export const streamedAnswer = (pieces: AsyncIterable<Buffer | string>, reply: Pick<FastifyReply, 'log'>): Readable =>
  Readable.from(loggedFailure(pieces, reply));

async function* loggedFailure(pieces: AsyncIterable<Buffer | string>, { log }: Pick<FastifyReply, 'log'>) {
  try {
    yield* pieces;
  } catch (err) {
    log.warn({ err }, 'an answer broke off');
    throw err;
  }
}
