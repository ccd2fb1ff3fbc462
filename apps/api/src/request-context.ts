// What a request says about itself beside its content. Taken over only where it has the agreed form: these texts go
// into logs, answers and the metadata of events.
import type { IncomingHttpHeaders } from 'node:http';

const requestIdPattern = /^[A-Za-z0-9._-]{1,128}$/;

// W3C Trace Context: neither of the ids may be all zeros, and version ff does not exist.
const traceparentPattern = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The client's `X-Request-Id` if it is usable, else a new id. */
export function requestIdOf(headers: IncomingHttpHeaders, newId: () => string): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && requestIdPattern.test(given) ? given : newId();
}

export const traceparentOf = ({ traceparent }: { traceparent?: string | undefined }): string | undefined =>
  traceparent !== undefined && traceparentPattern.test(traceparent) ? traceparent : undefined;
