-- Tells all servers that something is asked for, and forgets what nobody has asked for lately. By the node's own clock:
-- those of servers differ. A name that is new is published under the name of the set, so that nobody waits for the next read
-- of it; whom Redis does not let publish tells all the same.
--
-- KEYS  sorted set of names, by the time at which they were told last
-- ARGV  how long a name is kept, in milliseconds; name ("" for none); a name that was told so long ago, in milliseconds,
--       is new again

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[1])
if ARGV[2] ~= '' then
  local before = redis.call('ZSCORE', KEYS[1], ARGV[2])
  redis.call('ZADD', KEYS[1], now, ARGV[2])
  if not before or now - before > ARGV[3] + 0 then redis.pcall('PUBLISH', KEYS[1], ARGV[2]) end
end
return 1
