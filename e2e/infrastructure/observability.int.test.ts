// Dashboards and alert rules against what the processes export, and the places in which Prometheus and Grafana look
// against those in which the containers are. A rule on a metric that nobody exports never fires, and never says so.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { exportedSeries, unknownSeries } from './exported-metrics.ts';
import { root } from './rendered.ts';

const folder = join(root, 'infra/observability');
const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');
const readYaml = <Content>(...path: string[]) => parse(read(...path), { merge: true }) as Content;

type Rule = { alert: string; expr: string; labels: { severity: string }; annotations: Record<string, string> };
type Target = { expr: string; refId: string; datasource: { uid: string } };
type Panel = {
  id: number;
  type: string;
  title: string;
  description?: string;
  datasource?: { uid: string };
  targets?: Target[];
  gridPos: { x: number; y: number; w: number; h: number };
  fieldConfig?: { defaults: { unit?: string; thresholds?: { steps: { value: number | null }[] } } };
};
type Dashboard = { uid: string; title: string; panels: Panel[] };
type ScrapeConfig = { job_name: string; dns_sd_configs: { names: string[]; port: number }[] };
type Compose = { services: Record<string, { volumes?: string[]; networks?: string[] }> };

const exported = exportedSeries();
const { groups } = readYaml<{ groups: { rules: Rule[] }[] }>('infra/observability/prometheus/alerts.yml');
const rules = groups.flatMap((group) => group.rules);
const dashboards = readdirSync(join(folder, 'grafana/dashboards')).map((file) => ({
  file,
  dashboard: JSON.parse(read('infra/observability/grafana/dashboards', file)) as Dashboard,
}));
const compose = readYaml<Compose>('docker-compose.yml');

describe('the alert rules', () => {
  it('ask for series and labels that are exported', () =>
    expect(rules.flatMap(({ expr }) => unknownSeries(expr, exported))).toEqual([]));

  it('have each a name of their own, a severity, and words for whoever is woken', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, labels, annotations } of rules) {
      expect(labels.severity, alert).toMatch(/^(critical|warning)$/);
      expect(annotations, alert).toEqual({
        summary: expect.stringMatching(/\S/),
        description: expect.stringMatching(/\.$/),
      });
    }
  });

  it('cover what keeps orders from being accepted or placed', () => {
    const asked = rules.map(({ expr }) => expr).join('\n');
    const vital = [
      'orders_append_failures_total',
      'orders_shed_total',
      'http_request_duration_seconds_count',
      'orders_projection_lag_seconds',
      'orders_projection_anomalies_total',
      'orders_oldest_open_seconds',
      'orders_current{status="in_doubt"}',
      'orders_exchange_breaker_open',
      'orders_queue_full_total',
      'orders_queue_wait_seconds',
      'orders_contradictions_total',
      'orders_redis_memory_bytes',
      'orders_shards',
      'orders_shard_served',
    ];
    expect(vital.filter((series) => !asked.includes(series))).toEqual([]);
  });
});

describe.each(dashboards)('the dashboard $file', ({ dashboard }) => {
  const panels = dashboard.panels.filter(({ type }) => type !== 'row');

  it('asks for series and labels that are exported', () => {
    const unknown = panels.flatMap(({ title, targets = [] }) =>
      targets.flatMap(({ expr }) => unknownSeries(expr, exported).map((problem) => `${title}: ${problem}`)),
    );
    expect(unknown).toEqual([]);
  });

  it('says of each panel what it shows, in which unit, and from which source', () => {
    const { datasources } = readYaml<{ datasources: { uid: string }[] }>(
      'infra/observability/grafana/provisioning/datasources/prometheus.yml',
    );
    for (const { title, description, datasource, targets = [], fieldConfig } of panels) {
      expect(description, title).toMatch(/\.$/);
      expect(fieldConfig?.defaults.unit, title).toEqual(expect.any(String));
      expect(fieldConfig?.defaults.thresholds?.steps[0]?.value, title).toBeNull();
      expect(targets.length, title).toBeGreaterThan(0);
      expect(new Set(targets.map(({ refId }) => refId)).size, title).toBe(targets.length);
      expect(
        new Set([datasource, ...targets.map((target) => target.datasource)].map((source) => source?.uid)),
        title,
      ).toEqual(new Set([datasources[0]?.uid]));
    }
  });

  it('has a place for each panel, and no two in one', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const taken = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    );
    expect(new Set(taken).size).toBe(taken.length);
    expect(dashboard.panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
  });
});

describe('all dashboards together', () => {
  it('show each of our own metrics somewhere', () => {
    const asked = dashboards.flatMap(({ dashboard }) =>
      dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    );
    const own = [...exported.keys()].filter((name) => /^(orders|exchange|event_store)_/.test(name));
    const metrics = new Set(own.map((name) => name.replace(/_(bucket|sum|count)$/, '')));
    expect([...metrics].filter((name) => !asked.some((expr) => expr.includes(name)))).toEqual([]);
  });

  it('have different ids', () => expect(new Set(dashboards.map(({ dashboard }) => dashboard.uid)).size).toBe(2));
});

describe('Prometheus and Grafana in containers', () => {
  const { scrape_configs: scrapes } = readYaml<{ scrape_configs: ScrapeConfig[] }>(
    'infra/observability/prometheus/prometheus.yml',
  );

  it('look for figures at the services, and at the ports that the image listens on', () => {
    const image = read('infra/docker/Dockerfile');
    const port = (setting: string) => Number(new RegExp(`\\b${setting}=(\\d+)`).exec(image)?.[1]);
    const ports = {
      api: port('API_ADMIN_PORT'),
      projector: port('PROJECTOR_ADMIN_PORT'),
      worker: port('WORKER_ADMIN_PORT'),
      exchange: port('EXCHANGE_PORT'),
      eventstore: port('EVENT_STORE_PORT'),
    };
    const configured = scrapes.map(({ job_name, dns_sd_configs }) => [job_name, dns_sd_configs[0]?.port]);
    expect(Object.fromEntries(configured)).toEqual(ports);
    const names = scrapes.flatMap(({ dns_sd_configs }) => dns_sd_configs.flatMap((config) => config.names));
    const within = (name: string) => (compose.services[name]?.networks ?? []).includes('inside');
    expect(names.filter((name) => !within(name))).toEqual([]);
    expect(within('prometheus')).toBe(true);
  });

  it('give every series the job that the rules go by', () => {
    const jobs = rules.flatMap(({ expr }) => [...expr.matchAll(/job="(\w+)"/g)].map(([, job]) => job));
    const known = scrapes.map(({ job_name }) => job_name);
    expect(jobs.filter((job) => !known.includes(job ?? ''))).toEqual([]);
  });

  it('find their files where the containers have them', () => {
    const { providers } = readYaml<{ providers: { options: { path: string } }[] }>(
      'infra/observability/grafana/provisioning/dashboards/order-gateway.yml',
    );
    const [dashboardsAt] = providers.map(({ options }) => options.path);
    expect(compose.services.grafana?.volumes).toEqual(
      expect.arrayContaining([
        './infra/observability/grafana/provisioning:/etc/grafana/provisioning:ro',
        `./infra/observability/grafana/dashboards:${dashboardsAt}:ro`,
      ]),
    );
    expect(compose.services.prometheus?.volumes).toContain('./infra/observability/prometheus:/etc/prometheus:ro');
  });
});

// Prometheus' own judge, which run_tests.sh brings where it can; what the tests above judge, they judge without.
const hasPromtool = spawnSync('promtool', ['--version'], { stdio: 'ignore' }).status === 0;

describe.skipIf(!hasPromtool)('promtool', () => {
  it.each([
    ['accepts the configuration and the rules', ['check', 'config', 'prometheus.yml']],
    ['sees the alerts fire for what they are for, and for nothing else', ['test', 'rules', 'alerts.test.yml']],
  ])('%s', (_name, args) => {
    const { status, stdout, stderr } = spawnSync('promtool', args, {
      cwd: join(folder, 'prometheus'),
      encoding: 'utf8',
    });
    expect(status, `${stdout}${stderr}`).toBe(0);
  });
});
