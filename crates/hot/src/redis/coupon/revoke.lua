-- Revokes a user's coupon; a repeated call changes nothing. The twin of `domain::coupon::model::Model::revoke`.
--
-- KEYS  policy, stock, participants, returned
-- ARGV  user, coupon id, "1" if its number returns to stock
-- Returns 1 if the user has the coupon, 0 if not, -1 while the campaign is incomplete.

local policy = redis.call('HMGET', KEYS[1], 'count', 'incomplete', 'revoked', 'expires_at')
local record = redis.call('HGET', KEYS[3], ARGV[1])
if not policy[1] or not record then return 0 end
if policy[2] then return -1 end
local before, state, serial, rest = '', nil, nil, nil
local coupons, found = {}, false
for coupon in string.gmatch(record, '[^;]+') do
  state, serial, rest = string.match(coupon, '^(%a)(%d+)(,.*)$')
  if string.find(rest, ARGV[2], 1, true) then
    found = true
    if state == 'I' then
      coupon = 'R' .. serial .. rest
      before = serial
    end
  end
  coupons[#coupons + 1] = coupon
end
if not found then return 0 end
if before ~= '' then
  redis.call('HSET', KEYS[3], ARGV[1], table.concat(coupons, ';'))
  redis.call('HSET', KEYS[1], 'count', tonumber(policy[1]) + 1, 'revoked', tonumber(policy[3]) + 1)
  if ARGV[3] == '1' then
    redis.call('RPUSH', KEYS[4], before)
    -- The list may be new: an empty one is no key.
    if policy[4] and policy[4] ~= '' then redis.call('PEXPIREAT', KEYS[4], policy[4]) end
    redis.call('INCR', KEYS[2])
  end
end
-- The reply also covers a revocation by an earlier call, so make a write: see issue.lua on WAIT.
redis.call('HSET', KEYS[1], 'touched', ARGV[2])
return 1
