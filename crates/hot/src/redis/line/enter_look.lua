-- The status of users, in order; with entry, new users enter the line: the twin of `Line::enter` and `Line::check_in`.
--
-- ARGV  moment, "1" if new users enter, "1" if the score is the time of entry (else the ticket), users
-- Returns {kind, ticket (before a draw: entry), rank or the field of the record, ...}, or nothing without a line.

local ABSENT, FULL, CLOSED, NEW, WAITS, PROCESSED, HAS_PASS, FINISHED = 0, 1, 2, 3, 4, 5, 6, 7
local NEW_TO_DRAW, DRAWS = 8, 9

local line = redis.call('HMGET', LINE, 'revision', 'capacity', 'closed', 'last_us', 'draw', 'drawn', 'closes_at',
  'opens_at', 'draw_count')
if not line[1] then return false end
local now, now_us = clock()
local now_text = text(now)
local enters, by_time = ARGV[2] == '1', ARGV[3] == '1'
local capacity, closed, last_us = tonumber(line[2]), line[3] == '1', tonumber(line[4] or 0)
local undrawn = is_undrawn(line[5], line[6])
local waiting = redis.call('ZCARD', WAITING)
local records = redis.call('HMGET', PLACES, unpack(ARGV, 4))

local tickets
-- Records as this batch leaves them (false: none), and the users who entered in it: they join `waiting` at its end.
local changed, fresh, scores, came_back, removed = {}, {}, {}, 0, false

-- Kind, ticket and the rest for a user with a record.
local function stands(user, record)
  local state, entry, score, heard, shown, rest = read(record)
  local ticket = ticket_of(entry, score)
  if undrawn then
    if tonumber(heard) < now then changed[user] = record_of('W', entry, score, now_text, shown, '') end
    return DRAWS, tonumber(entry), 0
  elseif state == 'W' or state == 'A' then
    -- A user who entered in this batch was shown the rank already; no one has left the line since.
    if fresh[user] then return WAITS, ticket, tonumber(shown) end
    if state == 'A' then
      redis.call('ZADD', WAITING, score, user)
      waiting, came_back = waiting + 1, came_back + 1
    end
    local rank = math.min(tonumber(shown), redis.call('ZRANK', WAITING, user) + 1)
    local latest = tonumber(heard) < now and now_text or heard
    local after = record_of('W', entry, score, latest, text(rank), '')
    if after ~= record then changed[user] = after end
    return WAITS, ticket, rank
  elseif state == 'P' then
    return PROCESSED, ticket, 0
  elseif state == 'F' then
    return FINISHED, ticket, rest
  elseif now < tonumber(string.match(rest, '^%-?%d+')) then
    return HAS_PASS, ticket, rest
  end
  redis.call('ZREM', INSIDE, user)
  redis.call('HDEL', PLACES, user)
  changed[user], removed = false, true
  return ABSENT, 0, 0
end

local function take_place(user)
  -- From the closing of a draw on, whoever comes is late. Nobody else of this batch has a ticket yet.
  if not tickets and not line[9] then close_draw(line[5], line[7], line[8], now) end
  tickets = (tickets or tonumber(redis.call('GET', TICKETS) or 0)) + 1
  waiting = waiting + 1
  local ticket = text(tickets)
  local score = ticket
  if by_time then
    last_us = math.max(last_us + 1, now_us)
    score = text(last_us)
  end
  scores[#scores + 1] = score
  scores[#scores + 1] = user
  fresh[user] = true
  changed[user] = record_of('W', ticket, score, now_text, undrawn and NEVER_SHOWN or text(waiting), '')
  if undrawn then return NEW_TO_DRAW, tickets, 0 end
  return NEW, tickets, waiting
end

local answers = {}
for i = 1, #records do
  local user = ARGV[3 + i]
  local record = changed[user]
  if record == nil then record = records[i] end
  local kind, ticket, what = ABSENT, 0, 0
  if record then kind, ticket, what = stands(user, record) end
  if kind == ABSENT and enters then
    if closed then
      kind = CLOSED
    elseif waiting >= capacity then
      kind = FULL
    else
      kind, ticket, what = take_place(user)
    end
  end
  answers[3 * i - 2], answers[3 * i - 1], answers[3 * i] = kind, ticket, what
end

local written = {}
for user, record in pairs(changed) do
  if record then
    written[#written + 1] = user
    written[#written + 1] = record
  end
end
put_places(written)
if tickets then
  redis.call('SET', TICKETS, text(tickets))
  redis.call('ZADD', WAITING, unpack(scores))
  if by_time then redis.call('HSET', LINE, 'last_us', text(last_us)) end
end
if came_back > 0 then redis.call('HINCRBY', LINE, 'away', -came_back) end
if #written == 0 and not removed then touch() end
return answers
