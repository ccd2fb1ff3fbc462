// The messages of a Read of $all as they come from the wire, nothing decoded.
import shared from '@eventstore/db-client/generated/shared_pb.js';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { Client, credentials } from '@grpc/grpc-js';

const { Options } = streams.ReadReq;

/** The first `count` events of the event store at `address`, a host and a port. */
export async function readMessages(address: string, count: number): Promise<Buffer[]> {
  const request = new streams.ReadReq().setOptions(
    new Options()
      .setAll(new Options.AllOptions().setStart(new shared.Empty()))
      .setCount(String(count))
      .setNoFilter(new shared.Empty())
      .setUuidOption(new Options.UUIDOption().setString(new shared.Empty())),
  );
  const client = new Client(address, credentials.createInsecure());
  const { path, requestSerialize } = StreamsService.read;
  const messages: Buffer[] = await Array.fromAsync(
    client.makeServerStreamRequest(path, requestSerialize, (bytes) => bytes, request),
  );
  client.close();
  return messages;
}
