-- Membership, stock, one stream entry: the decision on one request as one would write it, for a campaign that is open and
-- gives one coupon a user.
--
-- KEYS  stock, participants, outbox      ARGV  user, coupon id, now_ms
-- Gives {0} for sold out, {1, left, serial} for a winner, {2, "serial,coupon id"} for a holder
local held = redis.call('HGET', KEYS[2], ARGV[1])
if held then return {2, held} end
local left = tonumber(redis.call('GET', KEYS[1]) or 0)
if left <= 0 then return {0} end
left = redis.call('DECR', KEYS[1])
local serial = redis.call('HLEN', KEYS[2]) + 1
redis.call('HSET', KEYS[2], ARGV[1], serial .. ',' .. ARGV[2])
redis.call('XADD', KEYS[3], '*', 'user', ARGV[1], 'coupon', ARGV[2], 'serial', serial, 'at', ARGV[3])
return {1, left, serial}
