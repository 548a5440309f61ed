-- Changes a line's rule, if its revision is still the one from which the change was made. The draw cannot be changed
-- once there is one, or once a person has entered: the twin of `Line::change`.
--
-- KEYS  [13] the stream of entries for the audit log, if the change has one
-- ARGV  (no moment), that revision, the entry or "", fields of the rule and their values
-- Returns {1 if it changed, the revision in force, the values in force in the order of ARGV, the root and the value of
-- the draw}, or nothing if the line does not exist.

local line = redis.call('HMGET', LINE, 'revision', 'draw', 'closes_at')
local revision, draw, closes_at = line[1], line[2] or '', line[3] or ''
if not revision then return false end
local is_from_this = revision == ARGV[2]
if is_from_this then
  redis.call('HSET', LINE, unpack(ARGV, 4))
  if draw ~= '' or redis.call('EXISTS', TICKETS) == 1 then
    redis.call('HSET', LINE, 'draw', draw, 'closes_at', closes_at)
  end
  redis.call('HINCRBY', LINE, 'revision', 1)
  if ARGV[3] ~= '' then redis.call('XADD', PASS, '*', 'entry', ARGV[3]) end
else
  touch()
end
local told = {is_from_this and 1 or 0, redis.call('HGET', LINE, 'revision')}
for field = 4, #ARGV, 2 do told[#told + 1] = redis.call('HGET', LINE, ARGV[field]) end
for _, field in ipairs({'draw_root', 'draw_value'}) do told[#told + 1] = redis.call('HGET', LINE, field) or '' end
return told
