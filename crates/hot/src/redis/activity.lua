-- Tells all servers that something is asked for, and forgets what nobody has asked for lately. By the node's own clock:
-- those of servers differ.
--
-- KEYS  sorted set of names, by the time at which they were told last
-- ARGV  how long a name is kept, in milliseconds; name ("" for none)

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[1])
if ARGV[2] ~= '' then redis.call('ZADD', KEYS[1], now, ARGV[2]) end
return 1
