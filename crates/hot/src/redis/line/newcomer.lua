-- Admits a user without a place where nobody waits: the twin of `Line::admit_newcomer`. May run again: the user then has a
-- place.
--
-- ARGV  moment, user, pass of 32 characters, "1" if the score is the time of entry (else the ticket)
-- Returns {end of the pass, moment, ticket}; {} if the user is not admitted, and nothing has changed then; nothing without
--       a line.

local user = ARGV[2]
local closed, last_us = unpack(redis.call('HMGET', LINE, 'closed', 'last_us'))
if closed == '1' or not gives_passes or not admits_now() then return {} end
if redis.call('ZCARD', WAITING) > 0 or redis.call('ZCARD', RETURNED) > 0 then return {} end
-- After a clock that was set back an ordinary admission comes first.
if at - now > CLOCK_SLACK_MS then return {} end
local record = redis.call('HGET', PLACES, user)
if record then
  local state, _, _, _, _, rest = read(record)
  if state ~= 'I' or now < tonumber(string.match(rest, '^%-?%d+')) then return {} end
end
local inside = redis.call('ZCOUNT', INSIDE, '(' .. text(now), '+inf')
local by_rate = may_go()
if room(inside) < 1 or (free_entries(inside + redis.call('ZCARD', PROCESSING)) or by_rate) < 1 then return {} end

-- What every admission does first.
forget(presence_of(now), now)
forget_dead_passes()
local ticket = tonumber(redis.call('GET', TICKETS) or 0) + 1
local score = text(ticket)
if ARGV[4] == '1' then
  last_us = math.max(tonumber(last_us or 0) + 1, now_us)
  score = text(last_us)
  redis.call('HSET', LINE, 'last_us', score)
end
redis.call('SET', TICKETS, text(ticket))
redis.call('HSET', PLACES, user, record_of('I', text(ticket), score, text(now), '1', pass_now(ARGV[3])))
redis.call('ZADD', INSIDE, text(now + life), user)
serving = math.max(serving, ticket)
forget_gone_through(serving)
went(1)
return_credit = math.min(return_credit + 1, RETURN_COST)
redis.call('HSET', LINE, 'serving', text(serving), 'admitted', text(admitted + 1), 'credit', text(credit), 'at_ms', text(at),
  'recent', recent_text(), 'return_credit', text(return_credit), 'seen_at', text(now), 'auto_on', auto_on and 1 or 0)
return {now + life, now, ticket}
