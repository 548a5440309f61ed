-- Decides a batch of requests for coupons of one campaign, in order (FCFS-001, FCFS-004): the twin of
-- `domain::coupon::issue::decide`. Works on the whole batch at once: one membership test, one decrement, one write of all
-- winners, one stream entry.
--
-- KEYS  policy, stock, participants, outbox, returned, lease of the relay
-- ARGV  now_ms, epoch and count of the latest mark that the caller knows to be durable, message id in case the last
--       coupon is given, "1" if the books must have been compared since this node started, n,
--       admitted ("1" or "0" for each request), n coupon ids of 32 characters in one string, the caller as relays are
--       called, n users,
--       [n idempotency keys, "" for none]
-- Returns {"OK", epoch, count, revision, left before, phase, gated, {place, record, ...}, {serial, ...},
--        {nth of user, ...} if the limit is above one}
--       or {"ABSENT"} or {"BEHIND", epoch, count} or {"INCOMPLETE"}
--
-- A user who holds the very coupon proposed here got it from this request, sent before, or from another request of the
-- same attempt: the caller distinguishes them.

local policy = redis.call('HMGET', KEYS[1], 'epoch', 'count', 'revision', 'incomplete', 'limit', 'total', 'next', 'gated',
  'opened', 'paused', 'closed', 'opens_at', 'closes_at', 'given', 'told', 'expires_at', 'run')
if not policy[1] then return {'ABSENT'} end
local epoch, count = tonumber(policy[1]), tonumber(policy[2])
local seen_epoch, seen_count = tonumber(ARGV[2]), tonumber(ARGV[3])
if epoch < seen_epoch or (epoch == seen_epoch and count < seen_count) then
  -- A server that has seen less would continue from here. No server may, until the lost decisions are restored.
  redis.call('HSET', KEYS[1], 'incomplete', 1)
  return {'BEHIND', epoch, count}
end
if policy[4] then return {'INCOMPLETE'} end
if ARGV[5] == '1' and policy[17] ~= string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') then
  -- This node was restarted or promoted. It may have come back with less than was promised, which a caller that has
  -- seen little cannot detect.
  redis.call('HSET', KEYS[1], 'incomplete', 1)
  return {'BEHIND', epoch, count}
end

local now = tonumber(ARGV[1])
local limit, total, next_serial, gated = tonumber(policy[5]), tonumber(policy[6]), tonumber(policy[7]), policy[8] == '1'
local opens_at, closes_at = tonumber(policy[12] or ''), tonumber(policy[13] or '')
local OPEN, SCHEDULED, PAUSED, CLOSED = 0, 1, 2, 3
local phase = OPEN
if policy[11] == '1' or (closes_at and now >= closes_at) then phase = CLOSED
elseif not (policy[9] == '1' or (opens_at and now >= opens_at)) then phase = SCHEDULED
elseif policy[10] == '1' then phase = PAUSED end

local n = tonumber(ARGV[6])
local admitted, ids, users, keys = ARGV[7], ARGV[8], 9, 9 + n
local has_keys = #ARGV > keys
local left = tonumber(redis.call('GET', KEYS[2]))
local held = redis.call('HMGET', KEYS[3], unpack(ARGV, users + 1, keys))

-- Returned numbers are given first, in the order of their return.
local returned, returned_used = {}, 0
local fresh = total - next_serial + 1
if phase == OPEN and left > fresh then returned = redis.call('LRANGE', KEYS[5], 0, n - 1) end

local told, serials, nths, written, lines, changed = {}, {}, {}, {}, {}, {}
local given, given_before, at = 0, tonumber(policy[14]), ',' .. ARGV[1] .. ','
for i = 1, n do
  local record = held[i]
  if given > 0 then record = changed[ARGV[users + i]] or record end
  local nth, settled = 0, false
  if record then
    local _, others = string.gsub(record, ';', '')
    nth = others + 1
    settled = nth >= limit
      or string.find(record, string.sub(ids, 32 * i - 31, 32 * i), 1, true)
      or (has_keys and ARGV[keys + i] ~= '' and string.find(record, ARGV[keys + i], 1, true))
  end
  if settled then
    told[#told + 1] = i
    told[#told + 1] = record
  elseif phase == OPEN and given < left and (not gated or string.byte(admitted, i) == 49) then
    local serial = returned[returned_used + 1]
    if serial then returned_used = returned_used + 1 else
      serial = next_serial
      next_serial = next_serial + 1
    end
    given = given + 1
    -- Formatting numbers takes Lua longer than all else here, so each is formatted once.
    local serial_text = tostring(serial)
    local order = given_before + given
    local order_text = order == serial and serial_text or order
    local user, id = ARGV[users + i], string.sub(ids, 32 * i - 31, 32 * i)
    local coupon = 'I' .. serial_text .. at .. order_text .. ',' .. id
    if has_keys and ARGV[keys + i] ~= '' then coupon = coupon .. ',' .. ARGV[keys + i] end
    if record then coupon = record .. ';' .. coupon end
    changed[user] = coupon
    written[2 * given - 1] = user
    written[2 * given] = coupon
    lines[given] = serial_text .. (nth == 0 and ' 1 ' or ' ' .. (nth + 1) .. ' ') .. id .. ' ' .. user
    serials[given] = serial
    if limit > 1 then nths[given] = nth + 1 end
  end
end

if given > 0 then
  count = count + given
  local messages = tonumber(policy[15]) + given
  redis.call('HSET', KEYS[3], unpack(written))
  if returned_used > 0 then redis.call('LTRIM', KEYS[5], returned_used, -1) end
  if redis.call('DECRBY', KEYS[2], given) == 0 then
    messages = messages + 1
    redis.call('XADD', KEYS[4], '*', 'at', ARGV[1], 'given', table.concat(lines, '\n'), 'exhausted', ARGV[4], 'stock', total)
  else
    redis.call('XADD', KEYS[4], '*', 'at', ARGV[1], 'given', table.concat(lines, '\n'))
  end
  -- The caller looks after its own messages. Another server that relays this campaign is woken here, whatever becomes of the
  -- caller; where Redis does not let us, or the message is lost, it finds them at its next look.
  local relay = redis.call('GET', KEYS[6])
  if relay and relay ~= ARGV[9] then
    redis.pcall('PUBLISH', 'coupon:relay:' .. relay, string.match(KEYS[1], '{(.*)}'))
  end
  redis.call('HSET', KEYS[1], 'next', next_serial, 'count', count, 'given', given_before + given, 'told', messages)
  if policy[16] and policy[16] ~= '' then
    redis.call('PEXPIREAT', KEYS[3], policy[16])
    redis.call('PEXPIREAT', KEYS[4], policy[16])
  end
elseif epoch ~= seen_epoch or count > seen_count then
  -- The state in this reply may not be on the replica yet. WAIT counts only writes of its own connection, so make one.
  redis.call('HSET', KEYS[1], 'touched', ARGV[1])
end
return {'OK', epoch, count, tonumber(policy[3]), left, phase, gated and 1 or 0, told, serials, nths}
