// What `kubectl apply -k` would send to a cluster, as data to ask questions about.
import { execFileSync, spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import type { IDeployment } from 'kubernetes-models/apps/v1';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import type { IConfigMap, IContainer, IPodSpec, ISecret } from 'kubernetes-models/v1';
import { parseAllDocuments } from 'yaml';

export const root = resolve(import.meta.dirname, '../..');

export const hasKubectl = spawnSync('kubectl', ['version', '--client'], { stdio: 'ignore' }).status === 0;

export type Manifest = { apiVersion: string; kind: string; metadata: { name: string; namespace?: string } };

/** Rejects what kustomize does; `folder` is below infra/kubernetes. */
export function render(folder: string): Manifest[] {
  const text = execFileSync('kubectl', ['kustomize', join(root, 'infra/kubernetes', folder)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return parseAllDocuments(text).map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return unwrapped(document.toJS() as Manifest);
  });
}

// Newer versions of kustomize break base64 into lines, which servers accept and the schema does not.
function unwrapped(manifest: Manifest): Manifest {
  if (manifest.kind !== 'Secret') return manifest;
  const secret = manifest as Manifest & ISecret;
  const lines = Object.entries(secret.data ?? {}).map(([key, value]) => [key, value.replaceAll('\n', '')]);
  return { ...secret, data: Object.fromEntries(lines) } as Manifest;
}

export const ofKind = <Kind>(manifests: readonly Manifest[], kind: string) =>
  manifests.filter((manifest) => manifest.kind === kind) as (Manifest & Kind)[];

/** A Deployment and what it starts. */
export type Workload = {
  name: string;
  deployment: IDeployment;
  pod: IPodSpec;
  labels: Readonly<Record<string, string>>;
  container: IContainer;
  /** All that its process finds in its environment, secrets in the place of the names of their files. */
  env: Readonly<Record<string, string>>;
};

export function workloadsOf(manifests: readonly Manifest[]): Workload[] {
  return ofKind<IDeployment>(manifests, 'Deployment').map((deployment) => {
    const template = deployment.spec?.template;
    const pod = template?.spec;
    const [container, ...others] = pod?.containers ?? [];
    if (pod === undefined || container === undefined || others.length > 0) {
      throw new Error(`${deployment.metadata.name} has not one container`);
    }
    const { name } = deployment.metadata;
    const labels = template?.metadata?.labels ?? {};
    return { name, deployment, pod, labels, container, env: environment(manifests, pod, container) };
  });
}

function environment(manifests: readonly Manifest[], pod: IPodSpec, { envFrom, env }: IContainer) {
  const configMaps = ofKind<IConfigMap>(manifests, 'ConfigMap');
  const fromMaps = (envFrom ?? []).map(({ configMapRef }) => {
    const configMap = configMaps.find(({ metadata }) => metadata.name === configMapRef?.name);
    if (configMap === undefined) throw new Error(`no ConfigMap ${configMapRef?.name}`);
    return configMap.data ?? {};
  });
  const own = (env ?? []).map(({ name, value }) => {
    if (value === undefined) throw new Error(`${name} has no value`);
    if (!name.endsWith('_FILE')) return [name, value];
    return [name.slice(0, -'_FILE'.length), secretFile(manifests, pod, value)];
  });
  return { ...Object.assign({}, ...fromMaps), ...Object.fromEntries(own) } as Record<string, string>;
}

function secretFile(manifests: readonly Manifest[], pod: IPodSpec, path: string): string {
  const mount = pod.containers[0]?.volumeMounts?.find(({ mountPath }) => path.startsWith(`${mountPath}/`));
  const volume = pod.volumes?.find(({ name }) => name === mount?.name);
  const secret = ofKind<ISecret>(manifests, 'Secret').find(
    ({ metadata }) => metadata.name === volume?.secret?.secretName,
  );
  const value = secret?.data?.[path.slice((mount?.mountPath.length ?? 0) + 1)];
  if (value === undefined) throw new Error(`${path} is in no secret that is mounted`);
  return Buffer.from(value, 'base64').toString();
}

type Selector = NonNullable<INetworkPolicy['spec']>['podSelector'];

export function selects(selector: Selector, labels: Readonly<Record<string, string>>): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  const byLabel = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return (
    byLabel &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      if (operator !== 'In') throw new Error(`this test does not know the operator ${operator}`);
      return values.includes(labels[key] ?? '');
    })
  );
}

/** The number of a port that is named, or given as a number. */
export function portNumber({ container }: Workload, port: string | number | undefined): number | undefined {
  if (typeof port === 'number') return port;
  return container.ports?.find(({ name }) => name === port)?.containerPort;
}
