// What both peers have alike: the database pool, Redis, the list of posts and its cursor.
import { Redis } from 'ioredis';
import mysql from 'mysql2/promise';

const COLUMNS = 'SELECT p.id, p.title, p.content, p.status, p.createdAt, p.updatedAt,';
const POSTS = ' FROM posts p FORCE INDEX (posts_newest)';
const PUBLISHED = " WHERE p.status = 'published'";
// With their authors' names, or with their ids alone.
export const JOINED =
  `${COLUMNS} u.id AS authorId, u.name AS authorName${POSTS}` +
  ` LEFT JOIN users u ON u.id = p.authorId${PUBLISHED}`;
export const ALONE = `${COLUMNS} p.authorId${POSTS}${PUBLISHED}`;
const AFTER = ' AND p.createdAt <= ? AND IF(p.createdAt = ?, p.id < ?, TRUE)';
const NEWEST = ' ORDER BY p.createdAt DESC, p.id DESC LIMIT ?';
const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

// TLS of both is verified by NODE_EXTRA_CA_CERTS.
function connectionOf(text) {
  const url = new URL(text);
  return {
    host: url.hostname,
    port: Number(url.port),
    password: decodeURIComponent(url.password),
    user: decodeURIComponent(url.username),
    name: url.pathname.slice(1),
    options: url.searchParams,
  };
}

export function connectDatabase(options = {}) {
  const { host, port, user, password, name, options: given } = connectionOf(
    process.env.DATABASE_URL,
  );
  return mysql.createPool({
    host,
    port,
    user,
    password,
    database: name,
    connectionLimit: Number(given.get('connection_limit')),
    timezone: 'Z',
    ssl: {},
    ...options,
  });
}

export function connectRedis(options = {}) {
  const { host, port, user, password } = connectionOf(process.env.REDIS_URL);
  // The user may not run INFO, by which ioredis would ask whether Redis is ready.
  return new Redis({
    host,
    port,
    username: user,
    password,
    tls: {},
    enableReadyCheck: false,
    maxRetriesPerRequest: 3,
    ...options,
  });
}

export function limitOf(given) {
  const limit = given === undefined ? DEFAULT_LIMIT : Number(given);
  return Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT ? limit : undefined;
}

// One row more than asked for, which tells whether there are more.
export function listQuery(list, limit, cursor) {
  if (cursor === undefined) return [list + NEWEST, [limit + 1]];
  const [createdAt, id] = Buffer.from(cursor, 'base64url').toString().split('_');
  return [list + AFTER + NEWEST, [createdAt, createdAt, Number(id), limit + 1]];
}

// `moment` turns a DATETIME as the pool gives it into what a client reads, `nameOf` tells whose a
// row is.
export function pageOf(rows, limit, moment, nameOf) {
  const hasMore = rows.length > limit;
  const posts = (hasMore ? rows.slice(0, limit) : rows).map((row) => ({
    id: row.id,
    title: row.title,
    content: row.content,
    status: row.status,
    createdAt: moment(row.createdAt),
    updatedAt: moment(row.updatedAt),
    author: row.authorId === null ? null : { id: row.authorId, name: nameOf(row) },
  }));
  return { posts, hasMore, nextCursor: hasMore ? cursorOf(posts[posts.length - 1]) : null };
}

function cursorOf({ id, createdAt }) {
  const written = createdAt.replace('T', ' ').replace('Z', '');
  return Buffer.from(`${written}_${id}`).toString('base64url');
}
