// What somebody who has just started the system wants to know: where things are, and what to try first.
import { type LocalSystemSettings, localUrls, type ServiceDefinition } from '@orders/local-system/service-definitions';

const firstOrder = { type: 'limit', side: 'buy', instrument: 'DE0007164600', limit_price: 120.5, quantity: 5 };

type BannerOptions = { system: LocalSystemSettings; definitions: readonly ServiceDefinition[]; dataFolder: string };

export function addresses({ system, definitions, dataFolder }: BannerOptions): Record<string, string> {
  const urls = localUrls(system);
  const api = urls.api.replace('//127.0.0.1:', '//localhost:');
  const metrics = definitions.flatMap(({ name, readiness }) =>
    readiness.kind === 'http' ? [`${name} ${readiness.url.replace('/health/ready', '/metrics')}`] : [],
  );
  return {
    API: api,
    Documentation: `${api}/docs`,
    Exchange: urls.exchange.startsWith('http') ? `${withoutSecrets(urls.exchange)}/ledger` : urls.exchange,
    'Event store': withoutSecrets(urls.eventStore),
    Redis: withoutSecrets(urls.redis),
    Metrics: metrics.join('\n'),
    Data: dataFolder,
  };
}

export function banner(options: BannerOptions): string {
  const entries = Object.entries(addresses(options));
  const width = Math.max(...entries.map(([label]) => label.length)) + 3;
  const lines = entries.flatMap(([label, text]) =>
    text.split('\n').map((line, index) => `  ${(index === 0 ? label : '').padEnd(width)}${line}`),
  );
  const { API: api } = addresses(options);
  return [
    '',
    '  The order gateway is ready.',
    '',
    ...lines,
    '',
    '  Place an order:',
    `  curl -i ${api}/orders -H 'content-type: application/json' \\`,
    `    -d '${JSON.stringify(firstOrder)}'`,
    '',
    '  Ctrl-C stops everything.',
    '',
    '',
  ].join('\n');
}

/** Addresses go to logs and screens without whatever stands before their hosts, and without the passwords behind. */
const withoutSecrets = (urls: string): string =>
  urls.replaceAll(/\/\/[^/@\s]*@/g, '//***@').replaceAll(/([?&]\w*password=)[^&\s]*/gi, '$1***');
