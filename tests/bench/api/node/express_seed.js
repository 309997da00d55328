// The scaling guide's backend as the guide writes it, on Express 5. mysql2 stands for Prisma, whose
// engine is a download of its own; one JOIN for its two queries. The guide's index for the list,
// which sorts 100,000 rows, is left out too. Both flatter it.
import compression from 'compression';
import express from 'express';
import { rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import promClient from 'prom-client';
import { RedisStore } from 'rate-limit-redis';
import winston from 'winston';

import { connectDatabase, connectRedis, JOINED, limitOf, listQuery, pageOf } from './backing.js';

const CACHE_SECONDS = 300;
const keepsAnswers = process.env.CACHE_STORE !== 'off';
const database = connectDatabase();
const redis = connectRedis();

const logger = winston.createLogger({
  level: 'info',
  format: winston.format.json(),
  defaultMeta: { service: 'backend-api' },
  transports: [
    new winston.transports.File({ filename: 'error.log', level: 'error' }),
    new winston.transports.File({ filename: 'combined.log' }),
  ],
});

const register = new promClient.Registry();
promClient.collectDefaultMetrics({ register });
const httpRequestDuration = new promClient.Histogram({
  name: 'http_request_duration_seconds',
  help: 'Duration of HTTP requests in seconds',
  labelNames: ['method', 'route', 'status_code'],
});
register.registerMetric(httpRequestDuration);

const limiter = rateLimit({
  store: new RedisStore({ sendCommand: (...words) => redis.call(...words), prefix: 'rl:' }),
  windowMs: 15 * 60 * 1000,
  max: 100,
  standardHeaders: true,
  legacyHeaders: false,
  handler: (req, res) => {
    res.status(429).json({
      success: false,
      error: 'Too many requests, please try again later.',
    });
  },
});

const cacheMiddleware = (duration) => async (req, res, next) => {
  const key = `cache:${req.originalUrl}`;
  const cached = await redis.get(key);
  if (cached) return res.json(JSON.parse(cached));
  res.sendResponse = res.json;
  res.json = (body) => {
    if (keepsAnswers) redis.setex(key, duration, JSON.stringify(body));
    res.sendResponse(body);
  };
  next();
};

const getPosts = async (req, res) => {
  const limit = limitOf(req.query.limit);
  if (limit === undefined) return res.status(400).json({ success: false, error: 'limit' });
  const [rows] = await database.query(...listQuery(JOINED, limit, req.query.cursor));
  const momentOf = (moment) => moment.toISOString();
  res.json(pageOf(rows, limit, momentOf, (row) => row.authorName));
};

const measured = (req, res, next) => {
  const end = httpRequestDuration.startTimer();
  res.on('finish', () => {
    const route = req.route ? req.baseUrl + req.route.path : '*';
    end({ method: req.method, route, status_code: res.statusCode });
  });
  next();
};

const app = express();
app.set('trust proxy', 1);
app.get('/health', (req, res) => res.json({ status: 'ok' }));
app.use(
  helmet({
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'", "'unsafe-inline'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'https:'],
      },
    },
  }),
);
app.use(
  compression({
    filter: (req, res) => {
      if (req.headers['x-no-compression']) return false;
      return compression.filter(req, res);
    },
    level: 6,
  }),
);
app.use(measured);
app.use(limiter);
const router = express.Router();
router.get('/posts', cacheMiddleware(CACHE_SECONDS), getPosts);
app.use('/api', router);
app.get('/metrics', async (req, res) => {
  res.type(register.contentType).send(await register.metrics());
});
app.use((error, req, res, next) => {
  logger.error('request failed', { path: req.path, error: error.stack });
  if (res.headersSent) return next(error);
  res.status(500).json({ success: false, error: 'Internal server error' });
});

app.listen(Number(process.env.PORT), process.env.HOST, () => logger.info('listening'));
