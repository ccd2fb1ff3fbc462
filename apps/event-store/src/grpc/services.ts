// The gRPC side of the port: every service of the client, on top of one store.
import type { EventEmitter } from 'node:events';
import { GossipService } from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import { PersistentSubscriptionsService } from '@eventstore/db-client/generated/persistent_grpc_pb.js';
import { ProjectionsService } from '@eventstore/db-client/generated/projections_grpc_pb.js';
import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { Server } from '@grpc/grpc-js';
import type { Metrics } from '../metrics.ts';
import type { EventStore } from '../storage/store.ts';
import { appendHandler } from './append.ts';
import { batchAppendHandler } from './batch-append.ts';
import { deleteHandler, tombstoneHandler } from './deletion.ts';
import { dropLateMessages } from './ended-calls.ts';
import { GrpcFailure, shuttingDown, toFailure } from './failure.ts';
import { readGossip } from './gossip.ts';
import { boundMessages } from './message-bounds.ts';
import { readHandler } from './read.ts';
import { serializeFrames } from './response-stream.ts';
import { getSupportedMethods } from './server-features.ts';
import { unimplemented } from './unimplemented.ts';

/** The most that EventStoreDB takes in one frame, and some room for the framing of ours. */
const frameBytesMax = 16_767_216 + 65_536;
/** Bounds the memory of one connection. A call beyond it waits in its client until another one ends. */
const callsPerConnectionMax = 2_000;
/** A client that does not answer a ping in time is gone, and its subscriptions with it. */
const keepaliveIntervalMs = 10_000;
const keepaliveTimeoutMs = 10_000;

/** What answers with many messages does so in frames that are serialized already. */
const streamsService = {
  ...StreamsService,
  read: { ...StreamsService.read, responseSerialize: serializeFrames },
  batchAppend: { ...StreamsService.batchAppend, responseSerialize: serializeFrames },
};

export type GrpcServerDeps = {
  store: EventStore;
  metrics: Metrics;
  /** Called with every error that no request explains, such as a disk that cannot be read. */
  onUnexpectedError: (error: unknown) => void;
};

export function createGrpcServer({ store, metrics, onUnexpectedError }: GrpcServerDeps) {
  boundMessages();
  const server = new Server({
    'grpc.max_receive_message_length': frameBytesMax,
    'grpc.max_concurrent_streams': callsPerConnectionMax,
    'grpc.keepalive_time_ms': keepaliveIntervalMs,
    'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
    interceptors: [dropLateMessages],
  });
  const openCalls = new Set<EventEmitter>();
  const tracked =
    <Call extends EventEmitter>(handle: (call: Call) => void) =>
    (call: Call) => {
      openCalls.add(call);
      call.once('close', () => openCalls.delete(call));
      handle(call);
    };
  const reported = (error: unknown) => {
    if (!(error instanceof GrpcFailure)) onUnexpectedError(error);
    return toFailure(error);
  };
  server.addService(streamsService, {
    read: tracked(readHandler(store, metrics, reported)),
    append: appendHandler(store, reported),
    batchAppend: tracked(batchAppendHandler(store)),
    delete: deleteHandler(store, reported),
    tombstone: tombstoneHandler(store, reported),
  });
  server.addService(ServerFeaturesService, { getSupportedMethods: getSupportedMethods() });
  server.addService(GossipService, { read: readGossip() });
  server.addService(PersistentSubscriptionsService, unimplemented(PersistentSubscriptionsService));
  server.addService(ProjectionsService, unimplemented(ProjectionsService));
  return {
    server,
    /**
     * Tells every client that waits on a stream to go elsewhere. A clean end would leave its appends waiting for ever.
     */
    endCalls() {
      for (const call of openCalls) call.emit('error', shuttingDown());
    },
  };
}
