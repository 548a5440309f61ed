-- Creates a line; an existing line stays as it is.
--
-- ARGV  (no moment), revision, fields of the rule and their values
-- Returns whether it was created.

if redis.call('HGET', LINE, 'revision') then
  touch()
  return 0
end
for place = 1, 8 do redis.call('DEL', KEYS[place]) end
redis.call('HSET', LINE, 'serving', 0, 'admitted', 0, 'away', 0, 'finished', 0, 'revision', ARGV[2], unpack(ARGV, 3))
return 1
