// EventStoreDB, or KurrentDB, in a container: one node, insecure, with a log of its own.
import { type ContainerProcess, startContainer } from './process.ts';
import { watchContainer } from './tails.ts';

const ready = { path: '/health/live' };

const settings = { INSECURE: 'true', CLUSTER_SIZE: '1', RUN_PROJECTIONS: 'None', TELEMETRY_OPTOUT: 'true' };

function environment({ host, port }: { host: string; port: number }): Record<string, string> {
  // What clients that discover the node are sent to; otherwise that would be its address inside the container.
  const advertised = { ADVERTISE_HOST_TO_CLIENT_AS: host, ADVERTISE_NODE_PORT_TO_CLIENT_AS: String(port) };
  const entries = Object.entries({ ...settings, ...advertised });
  // KurrentDB took over from EventStoreDB in version 25 and wants settings under its own name.
  return Object.fromEntries(
    entries.flatMap(([name, value]) => [
      [`EVENTSTORE_${name}`, value],
      [`KURRENTDB_${name}`, value],
    ]),
  );
}

export type EventStoreContainer = ContainerProcess & { url: string };

type Options = {
  run: string;
  image: string;
  /** On the host; any free one when it is left out. */
  port?: number;
};

export async function startEventStoreContainer({ run, image, port }: Options): Promise<EventStoreContainer> {
  const container = await startContainer({ run, image, port: 2113, env: environment, ready }, port);
  const keepTail = watchContainer(container);
  const remove = async () => {
    await keepTail();
    await container.remove();
  };
  // The client takes esdb:// only, whatever the server is called.
  return { ...container, remove, url: `esdb://${container.host}:${container.port}?tls=false` };
}
