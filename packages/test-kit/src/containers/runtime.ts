// Tells whether containers can be run here, and if not, why not, in one line that a user can act on. Every wait has an
// end: a daemon that hangs, or a registry behind a wall, must not hold up a test run. testcontainers is loaded only
// here and by what starts containers, for it takes a second.
import { existsSync } from 'node:fs';
import { connect, type NetConnectOpts } from 'node:net';
import type { ContainerRuntimeClient } from 'testcontainers';

export type ContainerRuntime =
  | {
      available: true;
      client: ContainerRuntimeClient;
      /** Whether Ryuk, which removes the containers of a run that was killed, can be run too. */
      reaper: boolean;
    }
  | { available: false; reason: string };

export type ContainerRuntimeLimits = { answerMs: number; pullMs: number };

// An image of EventStoreDB is half a gigabyte.
const patience: ContainerRuntimeLimits = { answerMs: 10_000, pullMs: 300_000 };

/** Whether containers are so much part of what is asked for that a run without them has failed. */
export const containersAreRequired = (): boolean => !['', '0', 'false'].includes(process.env.REQUIRE_CONTAINERS ?? '');

/** Looks for a container runtime that answers and has all these images, or can pull them. Never throws. */
export async function findContainerRuntime(
  images: readonly string[],
  limits: ContainerRuntimeLimits = patience,
): Promise<ContainerRuntime> {
  try {
    const deafHost = await hostThatDoesNotAnswer(limits.answerMs);
    if (deafHost !== null) return missing(`nothing answers at DOCKER_HOST=${deafHost}`);
    const { getContainerRuntimeClient } = await import('testcontainers');
    const client = await within(limits.answerMs, getContainerRuntimeClient()).catch(noRuntime);
    if (client instanceof Error) return missing(client.message);
    const absent = await absentImages(client, images, limits);
    if (absent !== null) return missing(absent);
    return { available: true, client, reaper: await reaperIsThere(client, limits) };
  } catch (error) {
    return missing(firstLine(error));
  }
}

const missing = (reason: string): ContainerRuntime => ({ available: false, reason });

function noRuntime(error: unknown): Error {
  const socket = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock';
  return new Error(`no container runtime answers, neither at ${socket} nor elsewhere (${firstLine(error)})`);
}

// testcontainers would turn to another daemon than the one that it was told to use, without a word.
async function hostThatDoesNotAnswer(waitMs: number): Promise<string | null> {
  const { DOCKER_HOST: host } = process.env;
  if (!host) return null;
  const { protocol, hostname, port, pathname } = new URL(host);
  if (protocol === 'npipe:' || protocol === 'ssh:') return null;
  if (hostname === '' && !existsSync(pathname)) return host;
  const options = hostname === '' ? { path: pathname } : { host: hostname, port: Number(port || '2375') };
  return (await isListening(options, waitMs)) ? null : host;
}

function isListening(options: NetConnectOpts, waitMs: number): Promise<boolean> {
  const socket = connect({ ...options, timeout: waitMs });
  return new Promise((resolve) => {
    const end = (listening: boolean) => () => {
      socket.destroy();
      resolve(listening);
    };
    socket.once('connect', end(true)).once('timeout', end(false)).once('error', end(false));
  });
}

async function absentImages(
  client: ContainerRuntimeClient,
  images: readonly string[],
  limits: ContainerRuntimeLimits,
): Promise<string | null> {
  const found = await Promise.all(
    images.map(async (image) => ({ image, why: await whyAbsent(client, image, limits) })),
  );
  const absent = found.filter(({ why }) => why !== null);
  if (absent.length === 0) return null;
  const names = absent.map(({ image }) => image).join(' and ');
  return `no image ${names}, neither here nor from a registry (${absent[0]?.why})`;
}

/** Null for an image that is there, perhaps since a moment ago. */
async function whyAbsent(
  client: ContainerRuntimeClient,
  image: string,
  { answerMs, pullMs }: ContainerRuntimeLimits,
): Promise<string | null> {
  const { ImageName } = await import('testcontainers');
  const name = ImageName.fromString(image);
  if (await within(answerMs, client.image.exists(name))) return null;
  const failure = await within(pullMs, client.image.pull(name)).then(() => null, firstLine);
  // A pull that breaks off in the middle ends like one that succeeds.
  if (failure === null && (await within(answerMs, client.image.exists(name)))) return null;
  return failure ?? 'its pull broke off';
}

async function reaperIsThere(client: ContainerRuntimeClient, limits: ContainerRuntimeLimits): Promise<boolean> {
  if (process.env.TESTCONTAINERS_RYUK_DISABLED === 'true') return false;
  const { getReaperImage } = await import('testcontainers/build/reaper/reaper.js');
  return (await whyAbsent(client, getReaperImage(), limits)) === null;
}

async function within<T>(waitMs: number, work: Promise<T>): Promise<T> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${waitMs / 1_000} s`)), waitMs);
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (
    text
      .replace(/^\(HTTP code \d+\) [a-z ]+ - /, '')
      .replaceAll(/\s+/g, ' ')
      .trim()
      .slice(0, 200) || 'failed without a word'
  );
}
