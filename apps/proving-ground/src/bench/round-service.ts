// A reference that runs as a process of its own and stays: it measures a round whenever it is asked to over HTTP, so
// that what the compiler learned in one round is there in the next, as it is in the system.
import { createServer } from 'node:http';
import type { Round } from './round.ts';

type Query = Readonly<Record<string, number>>;

/** Answers any POST with what `measure` makes of its query, and any GET with 200 for whoever waits until it serves. */
export function serveRounds(port: number, measure: (query: Query) => Promise<Round>): void {
  const server = createServer((request, response) => {
    if (request.method !== 'POST') return void response.end();
    const { searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const query = Object.fromEntries([...searchParams].map(([name, value]) => [name, Number(value)]));
    measure(query).then(
      (round) => response.end(JSON.stringify(round)),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  server.listen(port, '127.0.0.1');
}

/** Rejects with what the process says when it could not measure. */
export async function askForRound(port: number, query: Query): Promise<Round> {
  const parameters = Object.entries(query).map(([name, value]) => `${name}=${value}`);
  const response = await fetch(`http://127.0.0.1:${port}/?${parameters.join('&')}`, { method: 'POST' });
  const text = await response.text();
  if (!response.ok) throw new Error(`the reference failed: ${text}`);
  return JSON.parse(text);
}
