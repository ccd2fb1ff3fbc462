import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '@orders/local-system/free-port';
import { startTestEventStore } from '@orders/test-kit/event-store';
import { describe, expect, it, onTestFinished } from 'vitest';
import { limitOrder } from './api-under-test.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const generous = { timeout: 30_000, interval: 50 };

/** An API whose event store and Redis are both down. */
async function startApi(settings: Record<string, string>): Promise<ChildProcess> {
  const env = {
    HTTP_HOST: '127.0.0.1',
    EVENTSTORE_URL: `esdb://127.0.0.1:${await freePort()}?tls=false`,
    REDIS_URL: `redis://127.0.0.1:${await freePort()}`,
    API_APPEND_BUDGET_MS: '500',
    LOG_LEVEL: 'silent',
    ...settings,
  };
  const api = spawn(process.execPath, [main], { env, stdio: ['ignore', 'inherit', 'inherit'] });
  onTestFinished(() => {
    api.kill('SIGKILL');
  });
  return api;
}

const statusOf = (url: string, init?: RequestInit): Promise<number | null> =>
  fetch(url, { ...init, signal: AbortSignal.timeout(5_000) }).then(
    async (response) => {
      await response.arrayBuffer();
      return response.status;
    },
    () => null,
  );

describe('the process', () => {
  it('starts, says what it cannot do, and stops when asked, while everything around it is down', async () => {
    const port = await freePort();
    const api = await startApi({ HTTP_PORT: String(port) });
    const url = `http://127.0.0.1:${port}`;
    await expect.poll(() => statusOf(`${url}/health/live`), generous).toBe(200);
    expect(await statusOf(`${url}/health/ready`)).toBe(503);
    expect(await statusOf(`${url}/orders`)).toBe(503);

    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}/orders`, { method: 'POST', headers, body: JSON.stringify(limitOrder) });
    expect(response.status).toBe(500);
    expect(await response.text()).toBe('{"message":"Internal server error while placing the order"}');
    expect(response.headers.get('order-outcome')).toBe('not-stored');

    const exited = once(api, 'exit');
    api.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  });

  it('stops when asked although clients follow it, and tells them that there is no more', async () => {
    const eventStore = await startTestEventStore();
    onTestFinished(eventStore.stop);
    const port = await freePort();
    const api = await startApi({ HTTP_PORT: String(port), EVENTSTORE_URL: eventStore.url });
    const url = `http://127.0.0.1:${port}`;
    await expect.poll(() => statusOf(`${url}/health/ready`), generous).toBe(200);
    const streams = await Promise.all(Array.from({ length: 5 }, () => fetch(`${url}/orders/stream`)));
    expect(streams.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    const exited = once(api, 'exit');
    api.kill('SIGTERM');
    for (const stream of streams) expect(await stream.text()).toContain('retry: 1000');
    expect(await exited).toEqual([0, null]);
  });

  it('shares its port with others, and answers for itself on a port of its own', async () => {
    const port = await freePort();
    const adminPorts = [await freePort(), await freePort()];
    for (const adminPort of adminPorts) {
      await startApi({ HTTP_PORT: String(port), API_REUSE_PORT: 'true', API_ADMIN_PORT: String(adminPort) });
    }
    const both = (question: (adminPort: number) => Promise<unknown>) => () => Promise.all(adminPorts.map(question));
    const isAlive = (adminPort: number) => statusOf(`http://127.0.0.1:${adminPort}/health/live`);
    await expect.poll(both(isAlive), generous).toEqual([200, 200]);

    const hasServed = async (adminPort: number) => {
      // The kernel spreads connections, not requests.
      await statusOf(`http://127.0.0.1:${port}/orders/none`, { headers: { connection: 'close' } });
      const metrics = await fetch(`http://127.0.0.1:${adminPort}/metrics`);
      return (await metrics.text()).includes('http_request_duration_seconds_count{route="/orders/:id"');
    };
    await expect.poll(both(hasServed), generous).toEqual([true, true]);
  });
});
