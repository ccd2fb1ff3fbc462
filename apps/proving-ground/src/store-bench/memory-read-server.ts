// A gRPC server that answers every Read with messages that lie ready in its memory: no storing, no reading, no
// encoding. What a reader of the event store waits for beyond this is the event store's doing. Its arguments are the
// address of an event store, from which it takes the messages once, how many, and the port to serve them on.
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { Server, ServerCredentials, type ServerWritableStream } from '@grpc/grpc-js';
import { readMessages } from './read-messages.ts';

const [source = '', count = '', port = ''] = process.argv.slice(2);
const messages = await readMessages(source, Number(count));

async function read(call: ServerWritableStream<unknown, Buffer>): Promise<void> {
  for (const message of messages) {
    if (!call.write(message)) await new Promise((resolve) => call.once('drain', resolve));
  }
  call.end();
}

const server = new Server();
const service = { read: { ...StreamsService.read, responseSerialize: (bytes: Buffer) => bytes } };
server.addService(service, { read: (call: ServerWritableStream<unknown, Buffer>) => void read(call) });
server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), () => {});
