// What this store does not do says so, instead of looking like a broken server.
import type { ServerDuplexStream, ServiceDefinition, sendUnaryData, UntypedServiceImplementation } from '@grpc/grpc-js';
import { GrpcFailure, status } from './failure.ts';

/** Handlers for those `methods` of a service that answer UNIMPLEMENTED; without `methods`, for all of them. */
export function unimplemented(
  service: ServiceDefinition,
  methods = Object.keys(service),
): UntypedServiceImplementation {
  return Object.fromEntries(
    methods.map((name) => {
      const method = service[name];
      const failure = new GrpcFailure(
        status.UNIMPLEMENTED,
        `The embedded event store does not implement ${method?.path}. Set EVENTSTORE_URL to use an EventStoreDB.`,
      );
      const refuseStream = (call: ServerDuplexStream<unknown, unknown>) => void call.emit('error', failure);
      const refuse = (_call: unknown, respond: sendUnaryData<unknown>) => respond(failure);
      return [name, method?.responseStream ? refuseStream : refuse];
    }),
  );
}
