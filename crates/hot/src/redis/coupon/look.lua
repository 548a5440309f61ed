-- One user's coupons. The reply counts only once they are on the replica.
--
-- KEYS  policy, participants
-- ARGV  user, epoch and count of the latest mark that the caller knows to be durable, now_ms
-- Returns {epoch, count, record or ""}, or {} if the campaign does not exist.

local policy = redis.call('HMGET', KEYS[1], 'epoch', 'count')
if not policy[1] then return {} end
local epoch, count = tonumber(policy[1]), tonumber(policy[2])
if epoch ~= tonumber(ARGV[2]) or count > tonumber(ARGV[3]) then
  -- WAIT counts only writes of its own connection, so make one.
  redis.call('HSET', KEYS[1], 'touched', ARGV[4])
end
return {epoch, count, redis.call('HGET', KEYS[2], ARGV[1]) or ''}
