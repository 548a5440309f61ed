-- The pass that a user has from a line that was ended.
--
-- ARGV  moment, user
-- Returns "end,pass", or nothing.

if redis.call('EXISTS', LINE) == 1 then return false end
local record = redis.call('HGET', PLACES, ARGV[2])
if not record then return false end
local state, _, _, _, _, rest = read(record)
if state ~= 'I' or tonumber(string.match(rest, '^%-?%d+')) <= clock() then return false end
return rest
