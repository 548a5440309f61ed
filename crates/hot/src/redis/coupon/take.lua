-- The oldest messages of a campaign, for the only relay that holds its lease, so that they keep their order.
--
-- KEYS  outbox, lease
-- ARGV  relay, lease_ms, most entries
-- Returns the entries; none if the outbox is empty or another relay has the lease.

if redis.call('XLEN', KEYS[1]) == 0 then return {} end
local holder = redis.call('GET', KEYS[2])
if holder and holder ~= ARGV[1] then return {} end
-- WAIT counts this write: so no message is published that a failover could lose.
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', ARGV[3])
