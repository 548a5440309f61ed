-- Admits the next people, as rate, room and passes allow: the twin of `Line::admit` and of `domain::line::Pace`.
--
-- ARGV  moment, caller, number, passes of 32 characters in one string
-- Returns {ms until the rate allows the next admission or -1, end of the passes or -1, {user, ticket, ...}}, or nothing
--       if the line does not exist; or the caller's last number, if this call may have been executed before.

local PERSON, SECOND_MS, NOTE_MS, CLOCK_SLACK_MS, PASSED_OVER_MAX = 1000, 1000, 2, 1000, 1000

local line = redis.call('HMGET', LINE, 'revision', 'rate', 'interval_ms', 'kind', 'life_ms', 'inside_max', 'abandon_ms',
  'opens_at', 'paused', 'serving', 'admitted', 'away', 'credit', 'at_ms', 'recent', 'draw', 'drawn', 'callers',
  'auto_above', 'auto_on')
if not line[1] then return false end
local callers, done = callers_with_this(line[18])
if not callers then return done end
local now = clock()
local rate, interval, gives_passes, life = tonumber(line[2]), tonumber(line[3]), line[4] == 'pass', tonumber(line[5])
local inside_max, abandon, opens_at = tonumber(line[6]), tonumber(line[7]), tonumber(line[8])
local serving, admitted, away = tonumber(line[10]), tonumber(line[11]), tonumber(line[12])

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
      state, rest = 'I', text(now + life) .. ',' .. string.sub(ARGV[4], 32 * place + 1, 32 * place + 32)
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
forget_dead_passes()
if line[9] ~= '1' and (rate > 0 or auto_above) and not (opens_at and now < opens_at) and not is_undrawn(line[16], line[17]) then
  local inside = redis.call('ZCARD', INSIDE) + redis.call('ZCARD', PROCESSING)
  local room = math.huge
  if inside_max > 0 then room = math.max(inside_max - inside, 0) end
  local by_rate = may_go()
  take_front(math.min(free_entries(inside) or by_rate, room, #ARGV[4] / 32))
  if taken > 0 then redis.call('ZREMRANGEBYRANK', WAITING, 0, taken - 1) end
  put_places(written)
  in_parts(moments, function(...) redis.call('ZADD', gives_passes and INSIDE or PROCESSING, ...) end)
  in_parts(processing_tickets, function(...) redis.call('HSET', PROCESSING_TICKETS, ...) end)
  forget_gone_through(serving)
  went(#people / 2)
  local notes = {}
  for i, note in ipairs(recent) do notes[i] = text(note[1]) .. ':' .. text(note[2]) end
  redis.call('HSET', LINE, 'serving', text(serving), 'admitted', text(admitted + #people / 2),
    'away', text(away + passed_over), 'credit', text(credit), 'at_ms', text(at), 'recent', table.concat(notes, ';'),
    'callers', callers, 'auto_on', auto_on and 1 or 0)
else
  redis.call('HSET', LINE, 'callers', callers)
end
return {next_in_ms(), gives_passes and now + life or -1, people}
