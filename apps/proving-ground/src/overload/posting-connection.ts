// One keep-alive connection that posts the same order again and again, at a fraction of what an HTTP client costs: the
// load generator shares the processor with the system that it measures. It reads no more of an answer than its status,
// its length and, for a 201, the id of the order.
import { createConnection, type Socket } from 'node:net';

export type Answer = {
  status: number;
  orderId: string | null;
  /** What a refused client needs is there: when to come back, and whether anything was stored. */
  isComplete: boolean;
};

export type PostingConnection = {
  /** Only while no answer is awaited. */
  post: () => void;
  close: () => void;
};

type Options = {
  host: string;
  port: number;
  onAnswer: (connection: PostingConnection, answer: Answer) => void;
  /** The connection is of no further use; an answer that was awaited never comes. */
  onLost: (connection: PostingConnection) => void;
};

const order = { type: 'limit', side: 'buy', instrument: 'DE0007164600', limit_price: 120.5, quantity: 5 };
const body = JSON.stringify(order);
const orderRequest = Buffer.from(
  `POST /orders HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
);

const endOfHead = '\r\n\r\n';
const readBytes = 16 * 1_024;
// All connections read into it, one after the other: what is not used up at once is copied.
const readBuffer = Buffer.alloc(readBytes);

/** Resolves once connected. */
export function openPostingConnection({ host, port, onAnswer, onLost }: Options): Promise<PostingConnection> {
  return new Promise((resolve, reject) => {
    let unread = '';
    const socket: Socket = createConnection({
      ...{ host, port, noDelay: true },
      onread: {
        buffer: readBuffer,
        callback(bytes) {
          unread += readBuffer.toString('latin1', 0, bytes);
          const whole = readAnswer(unread);
          if (whole !== null) {
            unread = unread.slice(whole.length);
            onAnswer(connection, whole.answer);
          }
          return true;
        },
      },
    });
    const connection: PostingConnection = { post: () => socket.write(orderRequest), close: () => socket.destroy() };
    socket.once('connect', () => resolve(connection));
    socket.once('close', () => onLost(connection));
    socket.on('error', reject);
  });
}

const outcomeNamed = /\r\norder-outcome: not-stored\r\n/i;

/** The first answer in `text`; null while it is not whole. */
export function readAnswer(text: string): { answer: Answer; length: number } | null {
  const headLength = text.indexOf(endOfHead) + endOfHead.length;
  if (headLength < endOfHead.length) return null;
  const status = Number(text.slice(9, 12));
  const bodyLength = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1]);
  if (!Number.isInteger(bodyLength)) throw new Error(`an answer ${status} does not say how long it is`);
  const length = headLength + bodyLength;
  if (text.length < length) return null;
  const orderId = status === 201 ? (/"id":"([^"]+)"/.exec(text)?.[1] ?? null) : null;
  const isComplete = status !== 503 || (/\r\nretry-after: \d+\r\n/i.test(text) && outcomeNamed.test(text));
  return { answer: { status, orderId, isComplete }, length };
}
