-- Admits the next people, as rate, room and passes allow: the twin of `Line::admit`.
--
-- ARGV  moment, caller, number, passes of 32 characters in one string
-- Returns {ms until the rate allows the next admission or -1, end of the passes or -1, moment, {user, ticket, ...}}, or
--       nothing if the line does not exist; or the caller's last number, if this call may have been executed before.


local callers, done = callers_with_this(line[18])
if not callers then return done end
local presence = presence_of(now)

local people, written, moments, processing_tickets = {}, {}, {}, {}
local passed_over, gone, remembered, newly_away = 0, {}, {}, 0

-- The person at the front is admitted or passed over. Returns whether admitted.
local function take(user, record)
  local state, entry, score, heard, shown, rest = read(record)
  local ticket = ticket_of(entry, score)
  count_network(rest, -1)
  gone[#gone + 1] = user
  written[#written + 1] = user
  if is_away(presence, heard, now) then
    passed_over, newly_away = passed_over + 1, newly_away + 1
    remembered[#remembered + 1] = heard
    remembered[#remembered + 1] = user
    written[#written + 1] = record_of('A', entry, score, heard, shown, rest)
    return false
  end
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
  written[#written + 1] = record_of(state, entry, score, heard, shown, rest)
  return true
end

-- The front of a part of the line, read a piece at a time.
local function front_of(key) return {key = key, read = 0, taken = 0, at = 1, users = {}, scores = {}, records = {}} end

-- The next person of it: user, record, score.
local function peek(front, wanted)
  if front.at > #front.users then
    if front.is_over then return nil end
    local found = redis.call('ZRANGE', front.key, front.read, front.read + wanted - 1, 'WITHSCORES')
    if #found == 0 then
      front.is_over = true
      return nil
    end
    front.users, front.scores, front.at = {}, {}, 1
    for i = 1, #found, 2 do
      front.users[#front.users + 1] = found[i]
      front.scores[#front.scores + 1] = tonumber(found[i + 1])
    end
    front.read = front.read + #front.users
    front.records = redis.call('HMGET', PLACES, unpack(front.users))
  end
  return front.users[front.at], front.records[front.at], front.scores[front.at]
end

-- Whose turn it is: the twin of `Line::next` and `Line::count_turn`.
local function take_front(most)
  local there, back = front_of(WAITING), front_of(RETURNED)
  while #people / 2 < most and passed_over < PASSED_OVER_MAX do
    local wanted = math.min(math.max(most - #people / 2, 100), PART)
    local user, record, score = peek(there, wanted)
    local back_user, back_record, back_score = peek(back, wanted)
    local is_back = back_user and (not user or back_score < score and return_credit >= RETURN_COST)
    local front = is_back and back or there
    if not user and not back_user then break end
    front.at, front.taken = front.at + 1, front.taken + 1
    local is_in
    if is_back then is_in = take(back_user, back_record) else is_in = take(user, record) end
    if is_in and not is_back then
      return_credit = math.min(return_credit + 1, RETURN_COST)
    elseif is_in and user then
      return_credit = math.max(return_credit - RETURN_COST, 0)
    end
  end
  for _, front in ipairs({there, back}) do
    if front.taken > 0 then redis.call('ZREMRANGEBYRANK', front.key, 0, front.taken - 1) end
  end
end

shorten_passes()
forget(presence, now)
forget_dead_passes()
passed_over = pass_over(presence, now, {})
if admits_now() then
  local inside = redis.call('ZCARD', INSIDE)
  local by_rate = may_go()
  local free = free_entries(inside + redis.call('ZCARD', PROCESSING))
  take_front(math.min(free or by_rate, room(inside), #ARGV[4] / 32))
  put_places(written)
  in_parts(gone, function(...) redis.call('ZREM', HEARD, ...) end)
  in_parts(remembered, function(...) redis.call('ZADD', REMEMBERED, ...) end)
  in_parts(moments, function(...) redis.call('ZADD', gives_passes and INSIDE or PROCESSING, ...) end)
  in_parts(processing_tickets, function(...) redis.call('HSET', PROCESSING_TICKETS, ...) end)
  forget_gone_through(serving)
  went(#people / 2)
  redis.call('HSET', LINE, 'serving', text(serving), 'admitted', text(admitted + #people / 2),
    'return_credit', text(return_credit), 'credit', text(credit), 'at_ms', text(at), 'recent', recent_text(),
    'callers', callers, 'seen_at', text(now), 'auto_on', auto_on and 1 or 0)
  if newly_away > 0 then redis.call('HINCRBY', LINE, 'away', newly_away) end
else
  redis.call('HSET', LINE, 'callers', callers, 'seen_at', text(now))
end
return {next_in_ms(), gives_passes and now + life or -1, now, people}
