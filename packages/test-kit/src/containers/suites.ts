// Which integration tests run a second time, in the project `containers`, on EventStoreDB and Redis in containers: all
// that use either through the test kit, but for those that are listed here with the reason why not.

export const containerSuites: readonly string[] = [
  'apps/event-store/test/conformance/*.int.test.ts',
  'apps/api/test/{event-log,event-store,event-streams,open-streams,process}.int.test.ts',
  'apps/cli/test/{audit,export,live-audit,log-place,query,rebuild,report,show,tail,tail-outages,verify}.int.test.ts',
  'apps/{projector,worker}/test/*.int.test.ts',
  'apps/proving-ground/test/rebuild-beside-projector.int.test.ts',
  'packages/{order-store,placement-queue,read-model}/test/*.int.test.ts',
  'packages/redis/test/memory.int.test.ts',
];

export const notInContainers: Readonly<Record<string, string>> = {
  'apps/cli/test/tail-outages.int.test.ts': 'kills the process of the embedded event store behind a link of its own',
  'apps/event-store/test/conformance/checklist.int.test.ts': 'reads the tests of the checklist, and asks no server',
  'apps/event-store/test/conformance/persistent-subscriptions.int.test.ts':
    'says what the embedded event store refuses, and EventStoreDB does not: persistent subscriptions',
  'packages/order-store/test/tls-and-cluster.int.test.ts':
    'makes nodes out of fronts, and a real server tells clients to ask where no front stands',
};
