/** Where the checklist is run against a server that is there already: EVENTSTORE_URL, without TLS. */
export const givenUrl = process.env.EVENTSTORE_URL || undefined;

export const addressIn = (url: string): string => new URL(url.replace(/^esdb(\+discover)?:/, 'http:')).host;
