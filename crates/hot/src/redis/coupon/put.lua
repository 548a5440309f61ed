-- Creates or changes a campaign; an older revision changes nothing.
--
-- KEYS  policy, stock, participants, outbox, returned
-- ARGV  revision, policy as JSON, total, limit, gated, opened, paused, closed, opens_at, closes_at ("" for none),
--       expires_at ("" for never), epoch of a new campaign
-- Returns 1 when the campaign decides, 0 while it is incomplete; 3 and 2 when something was changed.
--
-- A campaign that does not exist here may have been lost with all its coupons. It is incomplete until a server has
-- compared the books. Every server creates it with the same epoch, so that a server that has seen more of it notices.

local known = redis.call('HMGET', KEYS[1], 'revision', 'total', 'incomplete')
local incomplete = known[3] and true or false
if not known[1] then
  incomplete = true
  redis.call('DEL', KEYS[2], KEYS[3], KEYS[4], KEYS[5])
  redis.call('HSET', KEYS[1], 'epoch', ARGV[12], 'count', 0, 'next', 1, 'given', 0, 'revoked', 0, 'told', 0, 'handed', 0,
    'incomplete', 1)
  redis.call('SET', KEYS[2], 0)
elseif tonumber(known[1]) >= tonumber(ARGV[1]) then
  -- WAIT counts only writes of its own connection, so make one: the change may have been made by a call that no replica
  -- has confirmed.
  redis.call('HSET', KEYS[1], 'put', ARGV[1])
  return incomplete and 0 or 1
end
redis.call('INCRBY', KEYS[2], tonumber(ARGV[3]) - tonumber(known[2] or 0))
redis.call('HSET', KEYS[1], 'revision', ARGV[1], 'json', ARGV[2], 'total', ARGV[3], 'limit', ARGV[4], 'gated', ARGV[5],
  'opened', ARGV[6], 'paused', ARGV[7], 'closed', ARGV[8], 'opens_at', ARGV[9], 'closes_at', ARGV[10], 'expires_at', ARGV[11])
for place = 1, 5 do
  if ARGV[11] == '' then redis.call('PERSIST', KEYS[place]) else redis.call('PEXPIREAT', KEYS[place], ARGV[11]) end
end
return incomplete and 2 or 3
