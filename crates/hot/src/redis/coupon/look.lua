-- One user's coupons, told only once they are on the replica.
--
-- KEYS  policy, participants
-- ARGV  user, epoch and count that the caller has seen kept, now_ms
-- Gives {epoch, count, record or ""} or {} if there is no such campaign.

local policy = redis.call('HMGET', KEYS[1], 'epoch', 'count')
if not policy[1] then return {} end
local epoch, count = tonumber(policy[1]), tonumber(policy[2])
if epoch ~= tonumber(ARGV[2]) or count > tonumber(ARGV[3]) then
  -- WAIT counts only writes of its own connection: make one.
  redis.call('HSET', KEYS[1], 'touched', ARGV[4])
end
return {epoch, count, redis.call('HGET', KEYS[2], ARGV[1]) or ''}
