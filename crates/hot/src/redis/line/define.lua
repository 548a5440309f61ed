-- Keeps how a line was defined last, for the case that its own keys are lost; or forgets it. The field `#` says that this
-- Redis has not lost the definitions themselves.
--
-- KEYS  definitions (hash: line -> "revision;definition")
-- ARGV  line, revision, definition ("" to forget it)

local known = redis.call('HGET', KEYS[1], ARGV[1])
local revision = tonumber(string.match(known or '', '^%d+') or -1)
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
elseif revision < tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ';' .. ARGV[3])
end
redis.call('HSET', KEYS[1], '#', 1)
return 1
