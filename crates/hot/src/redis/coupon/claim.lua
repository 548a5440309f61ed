-- Lets go of, or takes over, what an idempotency key was claimed for; only if it is still what the caller saw.
--
-- KEYS  claim
-- ARGV  what was seen, what it becomes ("" for nothing), life in milliseconds
-- Gives 1 if it was so.

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1
