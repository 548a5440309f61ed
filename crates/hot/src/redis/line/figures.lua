-- A line's counts: the twin of `Line::counts`.
--
-- ARGV  moment, most ranges of given-up tickets
-- Returns {waiting, away, processing, inside, finished, tickets, serving, admitted, entries in the finished draw or -1,
--        entries in the closed draw or -1, {"first:last", ...}}, or nothing if the line does not exist.

local line = redis.call('HMGET', LINE, 'away', 'finished', 'serving', 'admitted', 'draw', 'drawn', 'draw_count')
if not line[1] then return false end
local now = clock()
local most = tonumber(ARGV[2])
local undrawn = is_undrawn(line[5], line[6])
touch()
return {
  redis.call('ZCARD', WAITING) + redis.call('ZCARD', RETURNED), tonumber(line[1]), redis.call('ZCARD', PROCESSING),
  redis.call('ZCOUNT', INSIDE, '(' .. text(now), '+inf'), tonumber(line[2]),
  tonumber(redis.call('GET', TICKETS) or 0), tonumber(line[3]), tonumber(line[4]),
  line[6] == '1' and tonumber(line[7]) or -1, tonumber(line[7] or -1),
  most > 0 and not undrawn and redis.call('ZRANGE', GONE, 0, most - 1) or {},
}
