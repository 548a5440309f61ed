-- Creates a line; an existing line stays as it is.
--
-- KEYS  [13] the stream of entries for the audit log, if the creation has one
-- ARGV  (no moment), revision, the entry or "", fields of the rule and their values
-- Returns whether it was created.

if redis.call('HGET', LINE, 'revision') then
  touch()
  return 0
end
for place = 1, 12 do redis.call('DEL', KEYS[place]) end
redis.call('HSET', LINE, 'serving', 0, 'admitted', 0, 'away', 0, 'finished', 0, 'watched', 1, 'revision', ARGV[2],
  unpack(ARGV, 4))
if ARGV[3] ~= '' then
  redis.call('XADD', PASS, '*', 'entry', ARGV[3])
  -- That of an earlier line of the name would end.
  redis.call('PERSIST', PASS)
end
return 1
