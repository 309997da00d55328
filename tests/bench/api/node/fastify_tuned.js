// Fastify with the API's own way: limiter, cache and stampede lock in one script, one round trip to
// Redis a request, answers and authors' names kept, the first compressed, one access log line each.
import { isIP } from 'node:net';
import zlib from 'node:zlib';

import Fastify from 'fastify';
import pino from 'pino';
import promClient from 'prom-client';

import { ALONE, connectDatabase, connectRedis, limitOf, listQuery, pageOf } from './backing.js';

const LIMIT = 100;
const WINDOW_MS = 15 * 60 * 1000;
const TTL_MS = 300_000;
const LOCK_MS = 3_000;
const HASH_MS = 600_000;
const MOST_NAMES = 20_000;
const FIELDS = 4_000;
const ROUTE = '/api/posts';
const CACHE_KEY = '{task1}c:posts';

const GATE = `
local count = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  left = tonumber(ARGV[2])
  redis.call('PEXPIRE', KEYS[1], left)
end
if count > tonumber(ARGV[1]) then return {count, left} end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local due = 'x:' .. ARGV[3]
local found = redis.call('HMGET', KEYS[2], 'v', ARGV[3], due)
local makes = 0
if tonumber(found[3] or '0') <= now then
  makes = 1
  if redis.call('HLEN', KEYS[2]) < tonumber(ARGV[5]) then
    redis.call('HSET', KEYS[2], due, string.format('%.0f', now + ARGV[4]))
    redis.call('PEXPIRE', KEYS[2], ARGV[6])
  end
end
return {count, left, found[1] or '0', found[2], makes}
`;
const FILL = `
if (redis.call('HGET', KEYS[1], 'v') or '0') ~= ARGV[1] then return 0 end
local due = 'x:' .. ARGV[2]
if redis.call('HEXISTS', KEYS[1], due) == 0 then return 0 end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3], due, string.format('%.0f', now + ARGV[4]))
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1
`;

const ALWAYS = {
  'content-type': 'application/json',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  vary: 'accept-encoding',
  'ratelimit-policy': `${LIMIT};w=${WINDOW_MS / 1000}`,
  'ratelimit-limit': String(LIMIT),
};
const TOO_MANY = JSON.stringify({
  success: false,
  error: 'Too many requests, please try again later.',
});

const keepsAnswers = process.env.CACHE_STORE !== 'off';
const database = connectDatabase({ dateStrings: true });
const redis = connectRedis({ enableAutoPipelining: true });
redis.defineCommand('gate', { numberOfKeys: 2, lua: GATE });
redis.defineCommand('fill', { numberOfKeys: 1, lua: FILL });

const logger = pino(
  { base: { service: 'backend-api' } },
  pino.destination({ dest: 1, sync: false, minLength: 4096 }),
);
const register = new promClient.Registry();
promClient.collectDefaultMetrics({ register });
const duration = new promClient.Histogram({
  name: 'http_request_duration_seconds',
  help: 'Duration of HTTP requests in seconds',
  labelNames: ['method', 'route', 'status_code'],
  registers: [register],
});
const observed = new Map();
const loading = new Map();

function clientOf(request) {
  const forwarded = request.headers['x-forwarded-for'];
  if (forwarded !== undefined) {
    const last = forwarded.slice(forwarded.lastIndexOf(',') + 1).trim();
    if (isIP(last)) return last;
  }
  return request.socket.remoteAddress;
}

let names = new Map();
let namesEnd = 0;

// Of the rows' authors; kept as long as a page is.
async function namesOf(rows) {
  if (Date.now() > namesEnd || names.size > MOST_NAMES) {
    names = new Map();
    namesEnd = Date.now() + TTL_MS;
  }
  const known = names;
  const ids = new Set(rows.map((row) => row.authorId));
  const unknown = [...ids].filter((id) => id !== null && !known.has(id));
  if (unknown.length > 0) {
    const [found] = await database.query('SELECT id, name FROM users WHERE id IN (?)', [unknown]);
    for (const { id, name } of found) known.set(id, name);
  }
  return known;
}

const momentOf = (text) => `${text.replace(' ', 'T')}Z`;

async function make(limit, cursor, field, version) {
  const [rows] = await database.query(...listQuery(ALONE, limit, cursor));
  const known = await namesOf(rows);
  const page = pageOf(rows, limit, momentOf, (row) => known.get(row.authorId));
  const body = zlib.gzipSync(JSON.stringify(page), { level: 1 });
  if (keepsAnswers) {
    redis
      .fill(CACHE_KEY, version, field, body, TTL_MS, HASH_MS)
      .catch((error) => logger.error({ error: error.message }, 'fill failed'));
  }
  return body;
}

// All who miss the same version share one load.
function loaded(limit, cursor, field, version) {
  const key = `${version}:${field}`;
  let load = loading.get(key);
  if (load === undefined) {
    load = make(limit, cursor, field, version).finally(() => loading.delete(key));
    loading.set(key, load);
  }
  return load;
}

const app = Fastify({ logger: false, keepAliveTimeout: 60_000 });

app.addHook('onResponse', (request, reply, done) => {
  const status = reply.statusCode;
  const route = request.routeOptions.url ?? '*';
  const key = `${status} ${route}`;
  let child = observed.get(key);
  if (child === undefined) {
    child = duration.labels('GET', route, String(status));
    observed.set(key, child);
  }
  child.observe(reply.elapsedTime / 1000);
  logger.info({ id: request.id, path: request.url, status, ms: reply.elapsedTime }, 'request');
  done();
});

app.get('/health', async () => ({ status: 'ok' }));
app.get('/metrics', async (request, reply) => {
  reply.type(register.contentType);
  return register.metrics();
});
app.get(ROUTE, async (request, reply) => {
  const { limit: given, cursor } = request.query;
  const limit = limitOf(given);
  if (limit === undefined) return reply.code(400).send({ success: false, error: 'limit' });
  const field = `list:published:${limit}:${cursor ?? ''}`;
  const [count, left, version, kept] = await redis.gateBuffer(
    `{task1}rl:${clientOf(request)}`,
    CACHE_KEY,
    LIMIT,
    WINDOW_MS,
    field,
    LOCK_MS,
    FIELDS,
    HASH_MS,
  );
  reply.headers(ALWAYS);
  const reset = String(Math.ceil(left / 1000));
  reply.header('ratelimit-remaining', String(Math.max(0, LIMIT - count)));
  reply.header('ratelimit-reset', reset);
  reply.header('x-request-id', request.id);
  if (count > LIMIT) return reply.code(429).header('retry-after', reset).send(TOO_MANY);
  const body = kept ?? (await loaded(limit, cursor, field, version));
  reply.header('x-api-cache', kept ? 'hit' : 'miss');
  if (!request.headers['accept-encoding']?.includes('gzip')) {
    return reply.send(zlib.gunzipSync(body));
  }
  return reply.header('content-encoding', 'gzip').send(body);
});

await app.listen({ host: process.env.HOST, port: Number(process.env.PORT) });
