-- What the scripts that admit people share: the line as they read it, and the pace. It stands between `common.lua`,
-- `presence.lua` and the script, and changes nothing by itself. Twins of `domain::line::Pace`, `Line::shorten_passes` and `Line::room`.

local PERSON, SECOND_MS, NOTE_MS, CLOCK_SLACK_MS, RETURN_COST = 1000, 1000, 2, 1000, 9

local line = redis.call('HMGET', LINE, 'revision', 'rate', 'interval_ms', 'kind', 'life_ms', 'inside_max', 'return_credit',
  'opens_at', 'paused', 'serving', 'admitted', 'away', 'credit', 'at_ms', 'recent', 'draw', 'drawn', 'callers',
  'auto_above', 'auto_on')
if not line[1] then return false end
local now, now_us = clock()
local rate, interval, gives_passes, life = tonumber(line[2]), tonumber(line[3]), line[4] == 'pass', tonumber(line[5])
local inside_max, return_credit, opens_at = tonumber(line[6]), tonumber(line[7] or 0), tonumber(line[8])
local serving, admitted = tonumber(line[10]), tonumber(line[11])

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

-- How many may go on whatever the rate is, in a line of the automatic switch that is off: the twin of
-- `Line::free_entries`. Nothing where the rate counts.
local auto_above, auto_on = tonumber(line[19] or ''), line[20] == '1'
local function free_entries(inside)
  if not auto_above then return nil end
  auto_on = inside > (auto_on and math.floor(auto_above * 4 / 5) or auto_above)
  if auto_on then return nil end
  return math.max(auto_above + 1 - inside, 0)
end

-- How many more may be inside, beside so many passes.
local function room(inside)
  if inside_max == 0 then return math.huge end
  return math.max(inside_max - inside - redis.call('ZCARD', PROCESSING), 0)
end

local function admits_now()
  local has_rate = rate > 0 or auto_above
  return line[9] ~= '1' and has_rate and not (opens_at and now < opens_at) and not is_undrawn(line[16], line[17])
end

-- The pace as the line keeps it.
local function recent_text()
  local notes = {}
  for i, note in ipairs(recent) do notes[i] = text(note[1]) .. ':' .. text(note[2]) end
  return table.concat(notes, ';')
end

-- What stands behind a record's best rank, for a pass that is given now.
local function pass_now(pass) return text(now + life) .. ',' .. pass .. ',' .. text(now) end
