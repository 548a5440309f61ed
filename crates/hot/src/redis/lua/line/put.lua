-- Makes a line, or changes its rule; an older revision changes nothing. A draw stays what it was once there is one, and
-- once somebody has a place: the twin of `Line::put`.
--
-- ARGV  (no moment), revision, fields of the rule and their values

local line = redis.call('HMGET', LINE, 'revision', 'draw')
local revision, draw = line[1], line[2] or ''
if not revision then
  for place = 1, 8 do redis.call('DEL', KEYS[place]) end
  redis.call('HSET', LINE, 'serving', 0, 'admitted', 0, 'away', 0, 'finished', 0)
elseif tonumber(revision) >= tonumber(ARGV[2]) then
  touch()
  return 0
end
redis.call('HSET', LINE, 'revision', ARGV[2], unpack(ARGV, 3))
if revision and (draw ~= '' or redis.call('EXISTS', TICKETS) == 1) then redis.call('HSET', LINE, 'draw', draw) end
return 1
