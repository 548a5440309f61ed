-- Lengthens the pass of a user who uses it: the twin of `Line::renew`.
--
-- ARGV  moment, user
-- Returns {ticket, "until_ms,pass,since_ms"} if it was lengthened, {} if not; nothing without a line.

local LIVES_MAX, RENEWED_EVERY = 8, 10

local line = redis.call('HMGET', LINE, 'revision', 'kind', 'life_ms')
if not line[1] then return false end
local user, life = ARGV[2], tonumber(line[3])
local record = redis.call('HGET', PLACES, user)
if not record or line[2] ~= 'pass' then return {} end
local state, entry, score, heard, shown, rest = read(record)
if state ~= 'I' then return {} end
local now = clock()
local until_ms, pass, since_ms = string.match(rest, '^(%-?%d+),(%x+),(%-?%d+)$')
-- A pass of an earlier version: its admission is not known.
if not until_ms or now >= tonumber(until_ms) then return {} end
local last = math.min(tonumber(since_ms) + life * LIVES_MAX, now + life)
if last - tonumber(until_ms) < math.max(math.floor(life / RENEWED_EVERY), 1) then return {} end
local renewed = text(last) .. ',' .. pass .. ',' .. since_ms
redis.call('HSET', PLACES, user, record_of(state, entry, score, heard, shown, renewed))
redis.call('ZADD', INSIDE, text(last), user)
return {ticket_of(entry, score), renewed}
