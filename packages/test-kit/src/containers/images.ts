type Environment = Readonly<Record<string, string | undefined>>;

export type ContainerImages = { eventStore: string; redis: string };

/** What docker-compose.yml runs in production too; either can be set by the variable of the same name. */
export const containerImageDefaults = {
  EVENTSTORE_IMAGE: 'docker.eventstore.com/eventstore/eventstoredb-ee:24.10.14',
  REDIS_IMAGE: 'redis:8.8',
} as const;

// A variable that is set to nothing counts as not set, as it does in docker-compose.yml.
export const containerImages = (env: Environment = process.env): ContainerImages => ({
  eventStore: env.EVENTSTORE_IMAGE || containerImageDefaults.EVENTSTORE_IMAGE,
  redis: env.REDIS_IMAGE || containerImageDefaults.REDIS_IMAGE,
});
