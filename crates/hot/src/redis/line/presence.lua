-- Who is there: the twin of `domain::line::presence`. Between `common` and the scripts that need it.

-- The most people looked at in one call.
local PASSED_OVER_MAX = 1000

-- After so many milliseconds without an admission the line could not be reached in between.
local GAP_MS = 10000

-- What the line says about presence; everybody counts as heard of at `present_at`.
local function presence_of(now)
  local line = redis.call('HMGET', LINE, 'abandon_ms', 'return_ms', 'remember_ms', 'present_at', 'draw', 'drawn', 'watched',
    'seen_at')
  if line[7] ~= '1' then
    -- Made by an earlier version, which watched nobody: each of its people is looked at soon.
    redis.call('ZUNIONSTORE', HEARD, 1, WAITING, 'WEIGHTS', 0)
    redis.call('HSET', LINE, 'watched', 1)
  end
  local present_at, seen_at = tonumber(line[4] or '') or -math.huge, tonumber(line[8] or '')
  if seen_at and now - seen_at > GAP_MS then
    present_at = math.max(present_at, now)
    redis.call('HSET', LINE, 'present_at', text(present_at), 'seen_at', text(now))
  end
  local abandon = tonumber(line[1])
  local late = abandon + tonumber(line[2] or 600000)
  return {
    abandon = abandon, late = late, remember = math.max(tonumber(line[3] or 86400000), late),
    present_at = present_at, undrawn = is_undrawn(line[5], line[6]),
  }
end

local function silence(presence, heard, now) return now - math.max(tonumber(heard), presence.present_at) end

local function is_away(presence, heard, now)
  return presence.abandon > 0 and not presence.undrawn and silence(presence, heard, now) > presence.abandon
end

local function is_late(presence, heard, now) return silence(presence, heard, now) > presence.late end

-- Users in a list who were heard of later than it says, or are none of it any more.
local function file_again(list, later, gone)
  in_parts(later, function(...) redis.call('ZADD', list, ...) end)
  in_parts(gone, function(...) redis.call('ZREM', list, ...) end)
end

-- Passes over who has not been heard of. `changed`: records by user, as this call leaves them. Returns how many.
local function pass_over(presence, now, changed)
  local since = now - presence.abandon
  if presence.abandon == 0 or presence.undrawn or presence.present_at >= since then return 0 end
  local due = redis.call('ZRANGEBYSCORE', HEARD, '-inf', '(' .. text(since), 'LIMIT', 0, PASSED_OVER_MAX)
  local records, written, later, gone, out, remembered = fields_of(PLACES, due), {}, {}, {}, {}, {}
  for i, user in ipairs(due) do
    local record = changed[user]
    if record == nil then record = records[i] end
    local state, entry, score, heard, shown, network = read(record or '')
    if state ~= 'W' and state ~= 'R' then
      gone[#gone + 1] = user
    elseif is_away(presence, heard, now) then
      gone[#gone + 1], out[#out + 1] = user, user
      -- Whoever of the same batch comes next has not been read since.
      changed[user] = record_of('A', entry, score, heard, shown, network)
      written[#written + 1] = user
      written[#written + 1] = changed[user]
      remembered[#remembered + 1] = heard
      remembered[#remembered + 1] = user
      count_network(network, -1)
    else
      later[#later + 1] = heard
      later[#later + 1] = user
    end
  end
  file_again(HEARD, later, gone)
  in_parts(out, function(...)
    redis.call('ZREM', WAITING, ...)
    redis.call('ZREM', RETURNED, ...)
  end)
  in_parts(remembered, function(...) redis.call('ZADD', REMEMBERED, ...) end)
  put_places(written)
  if #out > 0 then redis.call('HINCRBY', LINE, 'away', #out) end
  return #out
end

-- Forgets those whose place has been over for long enough.
local function forget(presence, now)
  local since = now - presence.remember
  if presence.present_at >= since then return end
  local due = redis.call('ZRANGEBYSCORE', REMEMBERED, '-inf', '(' .. text(since), 'LIMIT', 0, PASSED_OVER_MAX)
  if #due == 0 then return end
  local records, later, gone, removed = fields_of(PLACES, due), {}, {}, {}
  local away, finished, serving = 0, 0, tonumber(redis.call('HGET', LINE, 'serving'))
  for i, user in ipairs(due) do
    local state, entry, score, heard = read(records[i] or '')
    if (state == 'A' or state == 'F') and tonumber(heard) >= since then
      later[#later + 1] = heard
      later[#later + 1] = user
    else
      gone[#gone + 1] = user
      if state == 'A' then
        local ticket = ticket_of(entry, score)
        if ticket > serving then give_up(ticket) end
        away, removed[#removed + 1] = away + 1, user
      elseif state == 'F' then
        finished, removed[#removed + 1] = finished + 1, user
      end
    end
  end
  file_again(REMEMBERED, later, gone)
  in_parts(removed, function(...) redis.call('HDEL', PLACES, ...) end)
  if away > 0 then redis.call('HINCRBY', LINE, 'away', -away) end
  if finished > 0 then redis.call('HINCRBY', LINE, 'finished', -finished) end
end
