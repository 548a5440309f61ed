-- Changes a line's rule, if it is still of the revision that the change was made from. A draw stays what it was once
-- there is one, and once somebody has a place: the twin of `Line::change`.
--
-- ARGV  (no moment), that revision, fields of the rule and their values
-- Gives {1 if it did, the revision in force, the values in force in the order of ARGV}, or nothing if there is no such
-- line.

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
