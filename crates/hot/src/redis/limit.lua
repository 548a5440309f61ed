-- Takes one unit of a token bucket (GCRA): the twin of `domain::limit::Rate::take`. A bucket is one number, the moment at
-- which it is full again; a full bucket is deleted.
--
-- KEYS  bucket
-- ARGV  now_us, interval_us, capacity_us
-- Returns the moment at which the bucket is full again (as text: it is too large for an integer of Lua 5.1 to be exact
-- beyond 2^53), and 1 if the unit was taken.

local now, interval, capacity = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full_at = tonumber(redis.call('GET', KEYS[1]) or '0')
local after = math.max(full_at, now) + interval
if after - now > capacity then return {string.format('%.0f', full_at), 0} end
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.max(1, math.ceil((after - now) / 1000)))
return {string.format('%.0f', after), 1}
