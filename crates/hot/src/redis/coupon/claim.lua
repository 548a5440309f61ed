-- Releases or takes over the claim of an idempotency key, if the claim is still the one that the caller has read; releases
-- any other value likewise (`redis/keys.rs`).
--
-- KEYS  claim
-- ARGV  the claim that was read, the new claim ("" for none), life in milliseconds
-- Returns 1 if the claim was changed.

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1
