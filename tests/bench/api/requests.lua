-- wrk's requests: the pages of a file in turn, each from the next of many clients' addresses.
-- wrk -s requests.lua URL -- FILE FIRST
local CLIENTS = 62500
local STEP = 7919 -- has no factor of 62,500, so that each client comes once before any comes again

local headers = { ["Accept-Encoding"] = "gzip" }
local pages, turn = {}, 0

function init(args)
  for page in io.lines(args[1]) do pages[#pages + 1] = page end
  turn = tonumber(args[2])
end

function request()
  turn = turn + 1
  local client = turn * STEP % CLIENTS
  headers["X-Forwarded-For"] = "198.18." .. math.floor(client / 250) .. "." .. client % 250
  return wrk.format("GET", pages[turn % #pages + 1], headers)
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    '{"requests": %d, "failed": %d, "duration_us": %d, "p50_us": %d, "p95_us": %d, "p99_us": %d}\n',
    summary.requests, failed, summary.duration,
    latency:percentile(50), latency:percentile(95), latency:percentile(99)))
end
