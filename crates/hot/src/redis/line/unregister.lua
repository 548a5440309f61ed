-- Removes a name from a set. It writes even if the set does not have it: WAIT counts only writes of its own connection.
--
-- KEYS  set
-- ARGV  name

redis.call('SADD', KEYS[1], ARGV[1])
redis.call('SREM', KEYS[1], ARGV[1])
return 1
