-- Takes a schedule off the list of those that have holds, unless somebody has listed it since.
--
-- KEYS  list (zset: schedule by the moment in milliseconds at which it was listed last)
-- ARGV  schedule, moment in milliseconds
-- Returns 1 if it was taken off

local at = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not at or tonumber(at) >= tonumber(ARGV[2]) then return 0 end
return redis.call('ZREM', KEYS[1], ARGV[1])
