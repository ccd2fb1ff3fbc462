// What the client asks first: which methods it may use. Methods that are not implemented are listed too where the
// client would otherwise fall back to an HTTP API that does not exist here, instead of showing our UNIMPLEMENTED.
import { PersistentSubscriptionsService } from '@eventstore/db-client/generated/persistent_grpc_pb.js';
import { ProjectionsService } from '@eventstore/db-client/generated/projections_grpc_pb.js';
import features, { type SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { handleUnaryCall, ServiceDefinition } from '@grpc/grpc-js';

/** The release whose behaviour this store follows. */
export const serverVersion = '24.10.0';

const streamFeatures: Readonly<Record<string, readonly string[]>> = {
  read: ['position', 'events'],
  append: [],
  delete: [],
  tombstone: [],
  batchAppend: ['deadline_duration'],
};

export function getSupportedMethods(): handleUnaryCall<unknown, SupportedMethods> {
  const methods = [
    ...supportedMethods(StreamsService, Object.keys(streamFeatures), (method) => streamFeatures[method] ?? []),
    ...supportedMethods(PersistentSubscriptionsService, Object.keys(PersistentSubscriptionsService), () => [
      'stream',
      'all',
    ]),
    ...supportedMethods(ProjectionsService, ['create'], () => ['track_emitted_streams']),
  ];
  const answer = new features.SupportedMethods().setEventStoreServerVersion(serverVersion).setMethodsList(methods);
  return (_call, respond) => respond(null, answer);
}

function supportedMethods(
  service: ServiceDefinition,
  names: readonly string[],
  featuresOf: (name: string) => readonly string[],
) {
  return names.map((name) => {
    const [, serviceName = '', methodName = ''] = service[name]?.path.toLowerCase().split('/') ?? [];
    return new features.SupportedMethod()
      .setServiceName(serviceName)
      .setMethodName(methodName)
      .setFeaturesList([...featuresOf(name)]);
  });
}
