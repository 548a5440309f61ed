-- Changes a line's rule, if its revision is still the one from which the change was made. The draw cannot be changed
-- once there is one, or once a person has entered: the twin of `Line::change`.
--
-- ARGV  (no moment), that revision, fields of the rule and their values
-- Returns {1 if it changed, the revision in force, the values in force in the order of ARGV}, or nothing if the line
-- does not exist.

local line = redis.call('HMGET', LINE, 'revision', 'draw')
local revision, draw = line[1], line[2] or ''
if not revision then return false end
local is_from_this = revision == ARGV[2]
if is_from_this then
  redis.call('HSET', LINE, unpack(ARGV, 3))
  if draw ~= '' or redis.call('EXISTS', TICKETS) == 1 then redis.call('HSET', LINE, 'draw', draw) end
  redis.call('HINCRBY', LINE, 'revision', 1)
else
  touch()
end
local told = {is_from_this and 1 or 0, redis.call('HGET', LINE, 'revision')}
for field = 3, #ARGV, 2 do told[#told + 1] = redis.call('HGET', LINE, ARGV[field]) end
return told
