-- Restores coupons that are stored elsewhere, without messages. A coupon that is here already stays as it is.
--
-- KEYS  policy, stock, participants, returned
-- ARGV  n, then for each: user, serial (0: returned to stock), nth of user, issued_at_ms, coupon id, "I" or "R"
-- Returns the indices of the coupons that do not fit: another coupon has their number or the user's position.

local policy = redis.call('HMGET', KEYS[1], 'total', 'next', 'count', 'given', 'revoked', 'expires_at')
local total, next_serial = tonumber(policy[1]), tonumber(policy[2])
local given, revoked, refused, used = tonumber(policy[4]), tonumber(policy[5]), {}, 0
local restored = 0
for i = 1, tonumber(ARGV[1]) do
  local at = 1 + (i - 1) * 6
  local user, serial, nth, id, state = ARGV[at + 1], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), ARGV[at + 5], ARGV[at + 6]
  local record = redis.call('HGET', KEYS[3], user)
  local held = 0
  if record then
    local _, others = string.gsub(record, ';', '')
    held = others + 1
  end
  if not (record and string.find(record, id, 1, true)) then
    local fits = held + 1 == nth
    if fits and serial == 0 then
      fits = state == 'R'
    elseif fits then
      fits = serial <= total and (serial >= next_serial or redis.call('LREM', KEYS[4], 1, serial) == 1)
    end
    if fits then
      -- Skipped numbers are given first from now on.
      if serial >= next_serial then
        for skipped = next_serial, serial - 1 do redis.call('RPUSH', KEYS[4], skipped) end
        next_serial = serial + 1
      end
      if serial > 0 then used = used + 1 end
      if state == 'R' then revoked = revoked + 1 end
      given = given + 1
      restored = restored + 1
      local coupon = state .. serial .. ',' .. ARGV[at + 4] .. ',' .. given .. ',' .. id
      redis.call('HSET', KEYS[3], user, record and (record .. ';' .. coupon) or coupon)
    else
      refused[#refused + 1] = i
    end
  end
end
if restored > 0 then
  if used > 0 then redis.call('DECRBY', KEYS[2], used) end
  redis.call('HSET', KEYS[1], 'next', next_serial, 'count', tonumber(policy[3]) + restored, 'given', given, 'revoked', revoked)
  -- Both may be new.
  if policy[6] and policy[6] ~= '' then
    redis.call('PEXPIREAT', KEYS[3], policy[6])
    redis.call('PEXPIREAT', KEYS[4], policy[6])
  end
end
redis.call('HSET', KEYS[1], 'touched', ARGV[1])
return refused
