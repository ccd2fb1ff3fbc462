// A gRPC server that answers every BatchAppend and keeps nothing: the messages of the client, decoded and answered by
// the same library, and no more. What an event store is slower than this is the price of storing.
import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import features, { type SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streams, { type BatchAppendReq, type BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { Server, ServerCredentials, type ServerDuplexStream, type sendUnaryData } from '@grpc/grpc-js';

const server = new Server();
let position = 0;

server.addService(ServerFeaturesService, {
  getSupportedMethods: (_call: unknown, respond: sendUnaryData<SupportedMethods>) => {
    const batchAppend = new features.SupportedMethod()
      .setServiceName('event_store.client.streams.streams')
      .setMethodName('batchappend');
    respond(null, new features.SupportedMethods().setMethodsList([batchAppend]));
  },
});
const refuse = (): void => {
  throw new Error('only BatchAppend is answered here');
};
server.addService(StreamsService, {
  read: refuse,
  append: refuse,
  delete: refuse,
  tombstone: refuse,
  batchAppend: (call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>) => {
    call.on('data', (frame: BatchAppendReq) => {
      if (!frame.getIsFinal()) return;
      position += 1;
      const text = String(position);
      const success = new streams.BatchAppendResp.Success()
        .setCurrentRevision('0')
        .setPosition(new shared.AllStreamPosition().setCommitPosition(text).setPreparePosition(text));
      call.write(
        new streams.BatchAppendResp()
          .setCorrelationId(frame.getCorrelationId())
          .setStreamIdentifier(frame.getOptions()?.getStreamIdentifier())
          .setSuccess(success),
      );
    });
  },
});
server.bindAsync(`127.0.0.1:${process.argv[2]}`, ServerCredentials.createInsecure(), () => {});
