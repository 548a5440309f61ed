-- Admits the next people, as rate, room and passes allow: the twin of `Line::admit` and of `domain::line::Pace`.
--
-- ARGV  moment, caller, number, passes of 32 characters in one string
-- Returns {ms until the rate allows the next admission or -1, end of the passes or -1, {user, ticket, ...}}, or nothing
--       if the line does not exist; or the caller's last number, if this call may have been executed before.

local PERSON, SECOND_MS, NOTE_MS, CLOCK_SLACK_MS, RETURN_COST = 1000, 1000, 2, 1000, 9

local line = redis.call('HMGET', LINE, 'revision', 'rate', 'interval_ms', 'kind', 'life_ms', 'inside_max',
  'return_credit', 'opens_at', 'paused', 'serving', 'admitted', 'away', 'credit', 'at_ms', 'recent', 'draw', 'drawn',
  'callers', 'auto_above', 'auto_on')
if not line[1] then return false end
local callers, done = callers_with_this(line[18])
if not callers then return done end
local now = clock()
local rate, interval, gives_passes, life = tonumber(line[2]), tonumber(line[3]), line[4] == 'pass', tonumber(line[5])
local inside_max, return_credit, opens_at = tonumber(line[6]), tonumber(line[7] or 0), tonumber(line[8])
local serving, admitted = tonumber(line[10]), tonumber(line[11])
local presence = presence_of(now)

-- The pace: thousandths of a person that may be admitted as of `at`, and the admissions of the last second.
local credit, at, recent = tonumber(line[13] or ''), tonumber(line[14] or 0), {}
for note_ms, count in string.gmatch(line[15] or '', '(%-?%d+):(%d+)') do
  recent[#recent + 1] = {tonumber(note_ms), tonumber(count)}
end

local function last_second()
  local sum = 0
  for _, note in ipairs(recent) do sum = sum + note[2] end
  return sum
end

local function may_go()
  local burst = math.max(rate * interval, PERSON)
  local now_ms = now
  if now_ms < at then
    if at - now_ms > CLOCK_SLACK_MS then
      -- The clock was set back: this second counts as fully used.
      credit, at, recent = 0, now_ms, {{now_ms, rate}}
    else
      now_ms = at
    end
  end
  credit = credit and math.min(credit + rate * (now_ms - at), burst) or burst
  at = now_ms
  while recent[1] and recent[1][1] <= now_ms - SECOND_MS do table.remove(recent, 1) end
  return math.min(math.floor(credit / PERSON), math.max(rate - last_second(), 0))
end

local function next_in_ms()
  if rate == 0 then return -1 end
  local earned_in = math.ceil(math.max(PERSON - (credit or PERSON), 0) / rate)
  local sum, free_at = last_second(), at
  for _, note in ipairs(recent) do
    if sum < rate then break end
    sum = sum - note[2]
    free_at = note[1] + SECOND_MS
  end
  return math.max(earned_in, math.abs(free_at - at))
end

local function went(count)
  if count == 0 then return end
  credit = math.max(credit - count * PERSON, 0)
  local noted = math.ceil(at / NOTE_MS) * NOTE_MS
  local latest = recent[#recent]
  if latest and latest[1] >= noted then
    latest[2] = latest[2] + count
  else
    recent[#recent + 1] = {noted, count}
  end
end

-- When the clock was set back, passes that would outlive a new one are cut to its life.
local function shorten_passes()
  if not gives_passes or at - now <= CLOCK_SLACK_MS then return end
  local last = text(now + life)
  while true do
    local long = redis.call('ZRANGEBYSCORE', INSIDE, '(' .. last, '+inf', 'LIMIT', 0, PART / 2)
    if #long == 0 then return end
    local records, shorter, ends = redis.call('HMGET', PLACES, unpack(long)), {}, {}
    for i, user in ipairs(long) do
      local state, entry, score, heard, shown, rest = read(records[i])
      shorter[2 * i - 1] = user
      shorter[2 * i] = record_of(state, entry, score, heard, shown, last .. string.match(rest, ',.*$'))
      ends[2 * i - 1], ends[2 * i] = last, user
    end
    redis.call('HSET', PLACES, unpack(shorter))
    redis.call('ZADD', INSIDE, unpack(ends))
  end
end

local function forget_dead_passes()
  while true do
    local dead = redis.call('ZRANGEBYSCORE', INSIDE, '-inf', text(now), 'LIMIT', 0, PART)
    if #dead == 0 then return end
    redis.call('HDEL', PLACES, unpack(dead))
    redis.call('ZREM', INSIDE, unpack(dead))
  end
end

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
    state, rest = 'I', text(now + life) .. ',' .. string.sub(ARGV[4], 32 * place + 1, 32 * place + 32)
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

-- How many may go on whatever the rate is, in a line of the automatic switch that is off: the twin of
-- `Line::free_entries`. Nothing where the rate counts.
local auto_above, auto_on = tonumber(line[19] or ''), line[20] == '1'
local function free_entries(inside)
  if not auto_above then return nil end
  auto_on = inside > (auto_on and math.floor(auto_above * 4 / 5) or auto_above)
  if auto_on then return nil end
  return math.max(auto_above + 1 - inside, 0)
end

shorten_passes()
forget(presence, now)
forget_dead_passes()
passed_over = pass_over(presence, now, {})
local may_admit = rate > 0 or auto_above
if line[9] ~= '1' and may_admit and not (opens_at and now < opens_at) and not is_undrawn(line[16], line[17]) then
  local inside = redis.call('ZCARD', INSIDE) + redis.call('ZCARD', PROCESSING)
  local room = math.huge
  if inside_max > 0 then room = math.max(inside_max - inside, 0) end
  local by_rate = may_go()
  take_front(math.min(free_entries(inside) or by_rate, room, #ARGV[4] / 32))
  put_places(written)
  in_parts(gone, function(...) redis.call('ZREM', HEARD, ...) end)
  in_parts(remembered, function(...) redis.call('ZADD', REMEMBERED, ...) end)
  in_parts(moments, function(...) redis.call('ZADD', gives_passes and INSIDE or PROCESSING, ...) end)
  in_parts(processing_tickets, function(...) redis.call('HSET', PROCESSING_TICKETS, ...) end)
  forget_gone_through(serving)
  went(#people / 2)
  local notes = {}
  for i, note in ipairs(recent) do notes[i] = text(note[1]) .. ':' .. text(note[2]) end
  redis.call('HSET', LINE, 'serving', text(serving), 'admitted', text(admitted + #people / 2),
    'return_credit', text(return_credit), 'credit', text(credit), 'at_ms', text(at), 'recent', table.concat(notes, ';'),
    'callers', callers, 'seen_at', text(now), 'auto_on', auto_on and 1 or 0)
  if newly_away > 0 then redis.call('HINCRBY', LINE, 'away', newly_away) end
else
  redis.call('HSET', LINE, 'callers', callers, 'seen_at', text(now))
end
return {next_in_ms(), gives_passes and now + life or -1, people}
