-- The oldest messages of a campaign, for the one relay that holds its lease: so their order is kept whoever relays.
--
-- KEYS  outbox, lease
-- ARGV  relay, lease_ms, most entries
-- Gives the entries; none when there are none, or another relay has the lease.

if redis.call('XLEN', KEYS[1]) == 0 then return {} end
local holder = redis.call('GET', KEYS[2])
if holder and holder ~= ARGV[1] then return {} end
-- This write also makes WAIT mean something: nothing is published that a failover could take back.
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', ARGV[3])
