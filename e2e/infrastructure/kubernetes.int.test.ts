// The manifests as a cluster would get them, without a cluster: each by the schema of its kind, and all of them against
// the processes that they start. What no schema knows is what an outage is made of: a probe of a port that nothing
// listens on, a grace period that is shorter than the drain, a query for a metric that nobody exports.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import { ApiConfig } from '@orders/api/config';
import { readConfig } from '@orders/config/read-config';
import { ExchangeConfig } from '@orders/exchange/config';
import { ProjectorSettings } from '@orders/projector/config';
import { WorkerSettings } from '@orders/worker/config';
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import type { IIngress } from 'kubernetes-models/networking.k8s.io/v1';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1';
import type { IService } from 'kubernetes-models/v1';
import { describe, expect, it } from 'vitest';
import { exportedSeries, unknownSeries } from './exported-metrics.ts';
import { hasKubectl, type Manifest, ofKind, portNumber, render, root, selects, workloadsOf } from './rendered.ts';
import { schemaProblems } from './schema-check.ts';

const schemas = { api: ApiConfig, projector: ProjectorSettings, worker: WorkerSettings, exchange: ExchangeConfig };
const schemaOf = (name: string) => {
  const schema = Object.entries(schemas).find(([process]) => process === name)?.[1];
  if (schema === undefined) throw new Error(`${name} is no process of ours`);
  return schema;
};

const overlays = ['overlays/example', 'overlays/simulation'] as const;
const rendered = hasKubectl
  ? overlays.map((overlay) => ({ overlay, manifests: render(overlay) }))
  : [{ overlay: 'no overlay, for kubectl is not installed', manifests: [] as Manifest[] }];

describe.skipIf(!hasKubectl)('the base', () => {
  it('holds no secret, no address and no exchange of its own', () => {
    const base = render('base');
    expect(base.map(({ kind }) => kind)).not.toContain('Secret');
    expect(JSON.stringify(base)).not.toMatch(/esdb|rediss?:\/\/|EXCHANGE_URL|cidr/);
    expect(workloadsNamed(base)).toEqual(['api', 'projector', 'worker']);
  });
});

const workloadsNamed = (manifests: readonly Manifest[]) =>
  ofKind(manifests, 'Deployment').map(({ metadata }) => metadata.name);

describe.skipIf(!hasKubectl).each(rendered)('$overlay', ({ manifests }) => {
  const workloads = workloadsOf(manifests);
  const named = (name: string | undefined) => workloads.find((workload) => workload.name === name);

  it('fits the schema of every kind, and uses no field that the schema does not know', async () => {
    const judged = await Promise.all(
      manifests.map(async (manifest) => ({ manifest, problems: await schemaProblems(manifest) })),
    );
    expect(judged.filter(({ problems }) => problems === null).map(({ manifest }) => manifest.kind)).toEqual([
      'PodMonitor',
    ]);
    const problems = judged.flatMap(({ manifest, problems: found }) =>
      (found ?? []).map((problem) => `${manifest.kind} ${manifest.metadata.name}: ${problem}`),
    );
    expect(problems).toEqual([]);
  });

  it('puts everything into one namespace, in which pods are restricted', () => {
    const [namespace] = ofKind<{ metadata: { labels: object } }>(manifests, 'Namespace');
    expect(namespace?.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
    const inside = manifests.filter(({ kind }) => kind !== 'Namespace');
    expect(new Set(inside.map(({ metadata }) => metadata.namespace))).toEqual(new Set([namespace?.metadata.name]));
  });

  it('gives no process more rights than it needs, nor more memory than it is told of', () => {
    const [, user] = /^USER (\d+):\d+$/m.exec(readFileSync(join(root, 'infra/docker/Dockerfile'), 'utf8')) ?? [];
    for (const { name, pod, container } of workloads) {
      expect(pod, name).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: { runAsNonRoot: true, runAsUser: Number(user), seccompProfile: { type: 'RuntimeDefault' } },
      });
      expect(container.securityContext, name).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      const quantity = expect.stringMatching(/^\d+(m|Mi)?$/);
      const both = { cpu: quantity, memory: expect.stringMatching(/^\d+Mi$/) };
      expect(container.resources, name).toEqual({ requests: both, limits: both });
    }
  });

  it('keeps the heap of a process well below the limit of its memory', () => {
    for (const { name, container, env } of workloads.filter(({ name: process }) => process !== 'exchange')) {
      const heapMiB = Number(/^--max-old-space-size=(\d+)$/.exec(env.NODE_OPTIONS ?? '')?.[1]);
      expect(heapMiB / Number.parseInt(String(container.resources?.limits?.memory), 10), name).toBeLessThan(0.7);
    }
  });

  it('names an image by a version', () => {
    const images = new Set(workloads.map(({ container }) => container.image));
    expect([...images]).toEqual([expect.stringMatching(/\/order-gateway:(?!latest)[\w.-]+$/)]);
  });

  it('starts each app with settings that it has, and can use', () => {
    for (const { name, container, env } of workloads) {
      expect(container.args, name).toEqual([name]);
      expect(existsSync(join(root, 'apps', name, 'src/main.ts')), name).toBe(true);
      const schema = schemaOf(name);
      const { NODE_OPTIONS: _, ...settings } = env;
      expect(
        Object.keys(settings).filter((key) => !(key in schema.properties)),
        name,
      ).toEqual([]);
      expect(() => readConfig(schema, settings), name).not.toThrow();
      expect(settings.ENVIRONMENT, name).toBe('production');
    }
  });

  it('asks for health where the process answers, and with the patience that its checks take', () => {
    for (const workload of workloads) {
      const { name, container } = workload;
      const { startupProbe, livenessProbe, readinessProbe } = container;
      const paths = [startupProbe, livenessProbe, readinessProbe].map((probe) => probe?.httpGet?.path);
      // The API answers requests without the event store too; a projector or worker is sent none.
      const asked = name === 'api' ? '/health/serving' : '/health/ready';
      expect(paths, name).toEqual(['/health/live', '/health/live', asked]);
      for (const probe of [startupProbe, livenessProbe, readinessProbe]) {
        expect(portsListenedOn(workload), name).toContain(portNumber(workload, probe?.httpGet?.port));
      }
      expect(new Set(container.ports?.map(({ containerPort }) => containerPort)), name).toEqual(
        new Set(portsListenedOn(workload)),
      );
      // A check that hangs is given up after two seconds, and the answer says so.
      expect(readinessProbe?.timeoutSeconds, name).toBeGreaterThan(2);
    }
  });

  it('lets every process end by itself', () => {
    for (const { name, pod, container, env } of workloads) {
      const { SHUTDOWN_DEADLINE_MS } = readConfig(schemaOf(name), env);
      const pauseSeconds = container.lifecycle?.preStop?.sleep?.seconds ?? 0;
      const takesSeconds = pauseSeconds + SHUTDOWN_DEADLINE_MS / 1_000;
      expect(pod.terminationGracePeriodSeconds, name).toBeGreaterThanOrEqual(takesSeconds + 2);
    }
  });

  it('takes the API out of the balancers before it stops, and lets a worker end its calls', () => {
    expect(named('api')?.container.lifecycle?.preStop?.sleep?.seconds).toBeGreaterThanOrEqual(5);
    const worker = readConfig(WorkerSettings, named('worker')?.env ?? {});
    // The worker drains for three quarters of its deadline: a question, a call, and the append of the outcome.
    const drainMs = worker.SHUTDOWN_DEADLINE_MS * 0.75;
    expect(drainMs).toBeGreaterThan(2 * worker.EXCHANGE_TIMEOUT_MS);
  });

  it('never runs two versions of the projector at once, nor lets its readiness hold up a rollout', () =>
    expect(named('projector')?.deployment.spec).toMatchObject({ replicas: 2, strategy: { type: 'Recreate' } }));

  it('scales what exists, on figures that are exported, and leaves the number of replicas to that alone', () => {
    const autoscalers = ofKind<IHorizontalPodAutoscaler>(manifests, 'HorizontalPodAutoscaler');
    const scaledObjects = ofKind<IScaledObject>(manifests, 'ScaledObject');
    const targets = [...autoscalers, ...scaledObjects].map(({ spec }) => spec?.scaleTargetRef.name);
    expect(targets).toEqual(['api', 'worker']);
    expect(targets.map((target) => named(target)?.deployment.spec?.replicas)).toEqual([undefined, undefined]);
    const triggers = scaledObjects.flatMap(({ spec }) => spec?.triggers ?? []);
    expect(triggers.flatMap(({ metadata }) => unknownSeries(metadata.query ?? '', exportedSeries()))).toEqual([]);
    expect(triggers.some(({ metadata }) => metadata.query?.includes('orders_queue_wait_seconds'))).toBe(true);
    // KEDA takes a fallback for this kind of figure alone.
    expect(new Set(triggers.map(({ metricType }) => metricType))).toEqual(new Set(['AverageValue']));
  });

  it('keeps workers busy below what each has room for', () => {
    const { WORKER_CONCURRENCY } = readConfig(WorkerSettings, named('worker')?.env ?? {});
    const [scaled] = ofKind<IScaledObject>(manifests, 'ScaledObject');
    const busy = scaled?.spec?.triggers.find(({ name }) => name === 'placements-under-way');
    expect(Number(busy?.metadata.threshold) / WORKER_CONCURRENCY).toBeCloseTo(0.7);
  });

  it('lets a node be drained, of one pod a workload at a time, however unfit its pods are', () => {
    const budgets = ofKind<IPodDisruptionBudget>(manifests, 'PodDisruptionBudget');
    const covered = budgets.map(({ spec }) => {
      expect(spec).toMatchObject({ maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' });
      return workloads.filter(({ labels }) => selects(spec?.selector, labels)).map(({ name }) => name);
    });
    expect(covered).toEqual([['api'], ['projector'], ['worker']]);
  });

  it('spreads the pods of a workload, and selects them by labels that they have', () => {
    for (const { name, deployment, pod, labels } of workloads) {
      const others = workloads.filter((workload) => workload.name !== name);
      const spread = (pod.topologySpreadConstraints ?? []).map(({ labelSelector }) => labelSelector);
      for (const selector of [deployment.spec?.selector, ...spread]) {
        expect(selects(selector, labels), name).toBe(true);
        expect(
          others.filter((other) => selects(selector, other.labels)),
          name,
        ).toEqual([]);
      }
      expect(spread, name).toHaveLength(deployment.spec?.replicas === 1 ? 0 : 2);
    }
  });

  it('routes to ports that exist, and shows the outside what is for clients alone', () => {
    const services = ofKind<IService>(manifests, 'Service');
    for (const { metadata, spec } of services) {
      const behind = workloads.filter(({ labels }) => selects({ matchLabels: spec?.selector ?? {} }, labels));
      expect(behind.map(({ name }) => name)).toEqual([metadata.name]);
      for (const { targetPort } of spec?.ports ?? []) {
        expect(behind.map((workload) => portNumber(workload, targetPort))).toEqual([expect.any(Number)]);
      }
    }
    const [ingress] = ofKind<IIngress>(manifests, 'Ingress');
    const paths = ingress?.spec?.rules?.flatMap(({ http }) => http?.paths ?? []) ?? [];
    expect(paths.map(({ path }) => path)).toEqual(['/orders', '/v1/orders', '/events', '/v1/events', '/docs']);
    for (const { backend } of paths) {
      const service = services.find(({ metadata }) => metadata.name === backend.service?.name);
      expect(service?.spec?.ports?.map(({ name }) => name)).toContain(backend.service?.port?.name);
    }
  });
});

/** By its settings. */
function portsListenedOn({ name, env }: { name: string; env: Readonly<Record<string, string>> }): number[] {
  const settings: object = readConfig(schemaOf(name), env);
  return Object.entries(settings).flatMap(([key, value]) =>
    key.endsWith('_PORT') && typeof value === 'number' && value !== 0 ? [value] : [],
  );
}
