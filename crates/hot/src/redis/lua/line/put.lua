-- Makes a line, or changes its rule; an older revision changes nothing.
--
-- ARGV  (no moment), revision, fields of the rule and their values

local revision = redis.call('HGET', LINE, 'revision')
if not revision then
  for place = 1, 8 do redis.call('DEL', KEYS[place]) end
  redis.call('HSET', LINE, 'serving', 0, 'admitted', 0, 'away', 0, 'finished', 0)
elseif tonumber(revision) >= tonumber(ARGV[2]) then
  touch()
  return 0
end
redis.call('HSET', LINE, 'revision', ARGV[2], unpack(ARGV, 3))
return 1
