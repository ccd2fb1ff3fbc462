import { Validator } from '@seriousme/openapi-schema-validator';
import Schema from 'typebox/schema';
import { describe, expect, it } from 'vitest';
import { apiUnderTest } from './api-under-test.ts';

type Media = { schema: Record<string, unknown>; examples?: Record<string, { value: unknown }> };
type Content = Record<string, Media>;
type Operation = {
  operationId?: string;
  tags?: string[];
  summary?: string;
  requestBody?: { content: Content };
  responses: Record<string, { description: string; headers?: Record<string, unknown>; content?: Content }>;
};
type OpenApi = {
  paths: Record<string, Record<string, Operation>>;
  components: object;
  servers: { url: string }[];
};

async function documentation() {
  const { get } = await apiUnderTest();
  const document: OpenApi = (await get('/docs/json')).json();
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, ...operation })),
  );
  const orderOperations = operations.filter(({ tags }) => tags?.includes('orders'));
  return { document, orderOperations };
}

// The references of a schema are paths from the root of the document, so it is checked with what they lead to.
const violations = (schema: object, value: unknown, { components }: OpenApi) =>
  Schema.Errors({ components, ...schema }, value)[1];

describe('the OpenAPI document', () => {
  it('is valid', async () => {
    const { document } = await documentation();
    expect(await new Validator().validate(document)).toEqual({ valid: true });
  });

  it('has each operation once, with a name of its own', async () => {
    const { orderOperations } = await documentation();
    expect(orderOperations.map(({ name, operationId }) => [name, operationId])).toEqual([
      ['post /orders', 'placeOrder'],
      ['get /orders', 'listOrders'],
      ['post /orders/{id}/redrive', 'redriveOrder'],
      ['get /orders/{id}', 'getOrder'],
      ['get /orders/{id}/events', 'getOrderEvents'],
      ['get /events', 'listEvents'],
      ['get /orders/stream', 'streamEvents'],
      ['get /orders/{id}/stream', 'streamOrderEvents'],
    ]);
  });

  it('shows an example for every body and every answer, and each is what its schema says', async () => {
    const { document, orderOperations } = await documentation();
    const contents = orderOperations.flatMap(({ name, requestBody, responses }) => [
      ...(requestBody ? [[name, requestBody.content] as const] : []),
      ...Object.entries(responses).map(([status, { content = {} }]) => [`${name} ${status}`, content] as const),
    ]);
    expect(contents.length).toBeGreaterThan(15);
    for (const [name, content] of contents) {
      expect(Object.keys(content), name).not.toEqual([]);
      for (const { schema, examples = {} } of Object.values(content)) {
        expect(Object.keys(examples), name).not.toEqual([]);
        for (const { value } of Object.values(examples)) expect(violations(schema, value, document), name).toEqual([]);
      }
    }
  });

  it('offers the log as pages and as lines, the streams as server-sent events', async () => {
    const { document } = await documentation();
    const typesOf = (path: string) => Object.keys(document.paths[path]?.get?.responses['200']?.content ?? {});
    expect(typesOf('/events')).toEqual(['application/json', 'application/x-ndjson']);
    expect(typesOf('/orders/stream')).toEqual(['text/event-stream']);
    expect(typesOf('/orders/{id}/stream')).toEqual(['text/event-stream']);
  });

  it('describes the receipt and the outcome of a placement', async () => {
    const { document } = await documentation();
    const responses = document.paths['/orders']?.post?.responses;
    const headersOf = (status: string) => Object.keys(responses?.[status]?.headers ?? {});
    const receipt = ['Location', 'Order-Stream', 'Order-Revision', 'Order-Log-Position', 'Idempotency-Replayed'];
    expect(headersOf('201')).toEqual(expect.arrayContaining(receipt));
    expect(headersOf('500')).toContain('Order-Outcome');
    expect(document.servers).toMatchObject([{ url: '/' }]);
  });

  it('is shown to people at /docs, without asking the browser for TLS', async () => {
    const { get } = await apiUnderTest();
    const response = await get('/docs');
    expect(response.headers['content-type']).toContain('text/html');
    expect(response.headers['content-security-policy']).not.toContain('upgrade-insecure-requests');
  });
});
