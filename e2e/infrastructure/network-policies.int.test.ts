// Who may talk to whom in the cluster. A policy that selects nothing, or names a port that is none, allows nothing, and
// one for the wrong pods allows too much: neither is seen before the day it counts.
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { describe, expect, it } from 'vitest';
import {
  hasKubectl,
  type Manifest,
  ofKind,
  portNumber,
  render,
  selects,
  type Workload,
  workloadsOf,
} from './rendered.ts';

const overlays = ['overlays/example', 'overlays/simulation'] as const;
const rendered = hasKubectl
  ? overlays.map((overlay) => ({ overlay, manifests: render(overlay) }))
  : [{ overlay: 'no overlay, for kubectl is not installed', manifests: [] as Manifest[] }];

type Direction = 'Ingress' | 'Egress';
type Rule = { from?: object[]; to?: object[]; ports?: { port?: string | number; protocol?: string }[] };

const rulesOf = ({ spec }: INetworkPolicy, direction: Direction): Rule[] =>
  (direction === 'Ingress' ? spec?.ingress : spec?.egress) ?? [];

/** Each peer and port that a workload is allowed, beside DNS. */
function allowed(policies: readonly INetworkPolicy[], workload: Workload, direction: Direction) {
  const own = policies.filter(
    ({ metadata, spec }) => metadata?.name !== 'dns' && selects(spec?.podSelector, workload.labels),
  );
  return own.flatMap((policy) =>
    rulesOf(policy, direction).map(({ from, to, ports }) => ({
      peers: JSON.stringify(from ?? to),
      ports: (ports ?? []).map(({ port }) => (direction === 'Ingress' ? portNumber(workload, port) : Number(port))),
    })),
  );
}

const namespace = (name: string) => [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } }];
const callers = {
  api: [{ peers: JSON.stringify(namespace('ingress-nginx')), ports: [8080] }],
  exchange: [
    {
      peers: JSON.stringify([{ podSelector: { matchLabels: { 'app.kubernetes.io/component': 'worker' } } }]),
      ports: [8600],
    },
  ],
};

const portOfUrl = (url: string) => {
  const { protocol, port } = new URL(url);
  return port === '' ? { 'https:': 443, 'http:': 80 }[protocol] : Number(port);
};

describe.skipIf(!hasKubectl).each(rendered)('$overlay', ({ manifests }) => {
  const workloads = workloadsOf(manifests);
  const policies = ofKind<INetworkPolicy>(manifests, 'NetworkPolicy');

  it('denies everything first', () => {
    const denial = policies.find(({ metadata }) => metadata.name === 'deny-all');
    expect(denial?.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  });

  it('has no policy without pods, nor one that allows anybody, or any port', () => {
    for (const policy of policies.filter(({ metadata }) => metadata.name !== 'deny-all')) {
      const { name } = policy.metadata;
      const selected = workloads.filter(({ labels }) => selects(policy.spec?.podSelector, labels));
      expect(selected.length, name).toBeGreaterThan(0);
      const directions = (['Ingress', 'Egress'] as const).filter((direction) => rulesOf(policy, direction).length > 0);
      expect(policy.spec?.policyTypes, name).toEqual(directions);
      for (const rule of directions.flatMap((direction) => rulesOf(policy, direction))) {
        expect(rule.from ?? rule.to ?? [], name).not.toEqual([]);
        expect(rule.ports ?? [], name).not.toEqual([]);
        const known = rule.ports?.flatMap(({ port }) => selected.map((workload) => portNumber(workload, port)));
        expect(known, name).not.toContain(undefined);
      }
    }
  });

  it('lets every process go where its settings lead it, and nowhere else', () => {
    for (const workload of workloads) {
      const { EVENTSTORE_URL, REDIS_URL, EXCHANGE_URL } = workload.env;
      const urls = [EVENTSTORE_URL, REDIS_URL, EXCHANGE_URL].filter((url) => url !== undefined);
      const ports = allowed(policies, workload, 'Egress').flatMap((rule) => rule.ports);
      expect(ports.toSorted(), workload.name).toEqual(urls.map(portOfUrl).toSorted());
    }
  });

  it('lets in callers of the API, the monitoring to all figures, and nobody else', () => {
    const monitoring = JSON.stringify(namespace('monitoring'));
    for (const workload of workloads) {
      const rules = allowed(policies, workload, 'Ingress');
      expect(rules, workload.name).toContainEqual({ peers: monitoring, ports: [portNumber(workload, 'admin')] });
      const others = rules.filter(({ peers }) => peers !== monitoring);
      const expected = callers[workload.name as keyof typeof callers] ?? [];
      expect(others, workload.name).toEqual(expected);
    }
  });

  it('lets every process look up names', () => {
    const dns = policies.find(({ metadata }) => metadata.name === 'dns');
    expect(workloads.filter(({ labels }) => !selects(dns?.spec?.podSelector, labels))).toEqual([]);
    const ports = dns === undefined ? [] : rulesOf(dns, 'Egress').flatMap((rule) => rule.ports ?? []);
    expect(ports.map(({ protocol, port }) => `${protocol} ${port}`).toSorted()).toEqual(['TCP 53', 'UDP 53']);
  });
});
