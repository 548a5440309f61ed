-- Makes a line; one that is there stays as it is.
--
-- ARGV  (no moment), revision, fields of the rule and their values
-- Gives whether it did.

if redis.call('HGET', LINE, 'revision') then
  touch()
  return 0
end
for place = 1, 8 do redis.call('DEL', KEYS[place]) end
redis.call('HSET', LINE, 'serving', 0, 'admitted', 0, 'away', 0, 'finished', 0, 'revision', ARGV[2], unpack(ARGV, 3))
return 1
