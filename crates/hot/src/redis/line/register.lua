-- Adds a name to a set. It writes even if the set has the name: WAIT counts only writes of its own connection.
--
-- KEYS  set
-- ARGV  name

redis.call('SREM', KEYS[1], ARGV[1])
redis.call('SADD', KEYS[1], ARGV[1])
return 1
