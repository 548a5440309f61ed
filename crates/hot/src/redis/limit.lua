-- Takes one unit of a token bucket (GCRA): the twin of `domain::limit::Rate::take`. A bucket is one number, the moment at
-- which it is full again; a full bucket is deleted. By the node's own clock: those of servers differ, and one that is ahead
-- would empty the bucket for all others.
--
-- KEYS  bucket
-- ARGV  interval_us, capacity_us
-- Returns the moment at which the bucket is full again, 1 if the unit was taken, and the node's time (moments as text: they
-- are too large for an integer of Lua 5.1 to be exact beyond 2^53).

local function text(number) return string.format('%.0f', number) end

local interval, capacity = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local stored = tonumber(redis.call('GET', KEYS[1]) or '0')

local function keep(full_at)
  redis.call('SET', KEYS[1], text(full_at), 'PX', math.max(1, math.ceil((full_at - now) / 1000)))
end

-- No bucket is emptier than empty: such a moment is from a clock that has been set back since.
local full_at = math.min(stored, now + capacity)
local after = math.max(full_at, now) + interval
if after - now > capacity then
  if full_at < stored then keep(full_at) end
  return {text(full_at), 0, text(now)}
end
keep(after)
return {text(after), 1, text(now)}
