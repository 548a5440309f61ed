-- Admits the next people, as rate, room and passes allow: the twin of `Line::admit`.
--
-- ARGV  moment, caller, number, passes of 32 characters in one string
-- Returns {ms until the rate allows the next admission or -1, end of the passes or -1, moment, {user, ticket, ...}}, or
--       nothing if the line does not exist; or the caller's last number, if this call may have been executed before.

local PASSED_OVER_MAX = 1000

local callers, done = callers_with_this(line[18])
if not callers then return done end

local people, written, moments, processing_tickets = {}, {}, {}, {}
local taken, passed_over = 0, 0

-- The person at the front is admitted or passed over.
local function take(user, record)
  local state, entry, score, heard, shown = read(record)
  local rest, ticket = '', ticket_of(entry, score)
  if abandon > 0 and now - tonumber(heard) > abandon then
    state, passed_over = 'A', passed_over + 1
  else
    local place = #people / 2
    people[#people + 1] = user
    people[#people + 1] = ticket
    if gives_passes then
      state, rest = 'I', pass_now(string.sub(ARGV[4], 32 * place + 1, 32 * place + 32))
    else
      state, rest = 'P', text(now)
      processing_tickets[#processing_tickets + 1] = user
      processing_tickets[#processing_tickets + 1] = text(ticket)
    end
    moments[#moments + 1] = text(gives_passes and now + life or now)
    moments[#moments + 1] = user
    serving = math.max(serving, ticket)
  end
  written[#written + 1] = user
  written[#written + 1] = record_of(state, entry, score, heard, shown, rest)
end

local function take_front(most)
  while #people / 2 < most and passed_over < PASSED_OVER_MAX do
    local wanted = math.min(math.max(most - #people / 2, 100), PART)
    local front = redis.call('ZRANGE', WAITING, taken, taken + wanted - 1)
    if #front == 0 then return end
    local records = redis.call('HMGET', PLACES, unpack(front))
    for i, user in ipairs(front) do
      if #people / 2 >= most or passed_over >= PASSED_OVER_MAX then return end
      taken = taken + 1
      take(user, records[i])
    end
  end
end

shorten_passes()
forget_dead_passes()
if admits_now() then
  local inside = redis.call('ZCARD', INSIDE)
  local by_rate = may_go()
  local free = free_entries(inside + redis.call('ZCARD', PROCESSING))
  take_front(math.min(free or by_rate, room(inside), #ARGV[4] / 32))
  if taken > 0 then redis.call('ZREMRANGEBYRANK', WAITING, 0, taken - 1) end
  put_places(written)
  in_parts(moments, function(...) redis.call('ZADD', gives_passes and INSIDE or PROCESSING, ...) end)
  in_parts(processing_tickets, function(...) redis.call('HSET', PROCESSING_TICKETS, ...) end)
  forget_gone_through(serving)
  went(#people / 2)
  redis.call('HSET', LINE, 'serving', text(serving), 'admitted', text(admitted + #people / 2),
    'away', text(away + passed_over), 'credit', text(credit), 'at_ms', text(at), 'recent', recent_text(),
    'callers', callers, 'auto_on', auto_on and 1 or 0)
else
  redis.call('HSET', LINE, 'callers', callers)
end
return {next_in_ms(), gives_passes and now + life or -1, now, people}
