-- The status of users, in order; with entry, new users enter the line: the twin of `Line::enter_from` and
-- `Line::check_in`.
--
-- ARGV  moment, "1" if new users enter, "1" if the score is the time of entry (else the ticket), users; with entry also the
--       network of each, or ""
-- Returns {kind, ticket (before a draw: entry), rank or the field of the record, ...}, or nothing without a line.

local ABSENT, FULL, CLOSED, NEW, WAITS, PROCESSED, HAS_PASS, FINISHED = 0, 1, 2, 3, 4, 5, 6, 7
local NEW_TO_DRAW, DRAWS, LATE, TOO_MANY = 8, 9, 10, 11

local line = redis.call('HMGET', LINE, 'revision', 'capacity', 'closed', 'last_us', 'draw', 'drawn', 'closes_at',
  'opens_at', 'draw_count', 'network_max', 'serving')
if not line[1] then return false end
local now, now_us = clock()
local now_text = text(now)
local enters, by_time = ARGV[2] == '1', ARGV[3] == '1'
local people = enters and (#ARGV - 3) / 2 or #ARGV - 3
local capacity, closed, last_us = tonumber(line[2]), line[3] == '1', tonumber(line[4] or 0)
local network_max, serving = tonumber(line[10] or 0), tonumber(line[11])
local presence = presence_of(now)
local undrawn = presence.undrawn
local returned = redis.call('ZCARD', RETURNED)
local waiting = redis.call('ZCARD', WAITING) + returned
local records = redis.call('HMGET', PLACES, unpack(ARGV, 4, 3 + people))

local tickets
-- Records as this batch leaves them (false: none), and the users who entered in it, by their order: they join `waiting` at
-- its end.
local changed, fresh, entered, scores, heard_now, away, removed = {}, {}, 0, {}, {}, 0, false

local function has_room()
  if waiting >= capacity then waiting = waiting - pass_over(presence, now, changed) end
  return waiting < capacity
end

local function has_share(network)
  if network_max == 0 or network == '' then return true end
  local function count() return tonumber(redis.call('HGET', NETWORKS, network) or 0) end
  if count() >= network_max then waiting = waiting - pass_over(presence, now, changed) end
  return count() < network_max
end

local function take_place(user, network, kind)
  -- From the closing of a draw on, whoever comes is late. Nobody else of this batch has a ticket yet.
  if not tickets and not line[9] then close_draw(line[5], line[7], line[8], now) end
  tickets = (tickets or tonumber(redis.call('GET', TICKETS) or 0)) + 1
  waiting, entered = waiting + 1, entered + 1
  local ticket = text(tickets)
  local score = ticket
  if by_time then
    last_us = math.max(last_us + 1, now_us)
    score = text(last_us)
  end
  scores[#scores + 1] = score
  scores[#scores + 1] = user
  heard_now[#heard_now + 1] = now_text
  heard_now[#heard_now + 1] = user
  fresh[user] = entered
  changed[user] = record_of('W', ticket, score, now_text, undrawn and NEVER_SHOWN or text(waiting), network)
  count_network(network, 1)
  if undrawn then return NEW_TO_DRAW, tickets, 0 end
  return kind, tickets, waiting
end

-- The people in front, and one.
local function rank_of(user, state, score)
  if fresh[user] then return waiting - (entered - fresh[user]) end
  local own, other = WAITING, RETURNED
  if state == 'R' then own, other = RETURNED, WAITING end
  local rank = redis.call('ZRANK', own, user) + 1
  if returned > 0 then rank = rank + redis.call('ZCOUNT', other, '-inf', '(' .. score) end
  return rank
end

-- A user in the line, or passed over, is heard of: the twin of `Line::hear_of`.
local function hear_of(user, record)
  local state, entry, score, heard, shown, network = read(record)
  local ticket = ticket_of(entry, score)
  local was_there = state ~= 'A'
  local gone = not was_there or is_away(presence, heard, now)
  if gone and was_there then
    redis.call('ZREM', state == 'R' and RETURNED or WAITING, user)
    redis.call('ZREM', HEARD, user)
    count_network(network, -1)
    waiting, away = waiting - 1, away + 1
  end
  if gone and is_late(presence, heard, now) then
    if not has_room() then
      if was_there then
        redis.call('ZADD', REMEMBERED, heard, user)
        changed[user] = record_of('A', entry, score, heard, shown, network)
      end
      return FULL, 0, 0
    end
    if not was_there then redis.call('ZREM', REMEMBERED, user) end
    if ticket > serving then give_up(ticket) end
    away = away - 1
    return take_place(user, network, LATE)
  end
  if gone then
    if not was_there then redis.call('ZREM', REMEMBERED, user) end
    local latest = tonumber(heard) < now and now_text or heard
    redis.call('ZADD', RETURNED, score, user)
    redis.call('ZADD', HEARD, latest, user)
    count_network(network, 1)
    waiting, away, returned, state = waiting + 1, away - 1, returned + 1, 'R'
  end
  local rank = math.min(tonumber(shown), rank_of(user, state, score))
  local latest = tonumber(heard) < now and now_text or heard
  local after = record_of(state, entry, score, latest, text(rank), network)
  if after ~= record then changed[user] = after end
  return WAITS, ticket, rank
end

-- Kind, ticket and the rest for a user with a record.
local function stands(user, record)
  local state, entry, score, heard, shown, rest = read(record)
  local ticket = ticket_of(entry, score)
  local is_news = tonumber(heard) < now
  if undrawn then
    if is_news then changed[user] = record_of('W', entry, score, now_text, shown, rest) end
    return DRAWS, tonumber(entry), 0
  elseif state == 'W' or state == 'A' or state == 'R' then
    return hear_of(user, record)
  elseif state == 'P' then
    return PROCESSED, ticket, 0
  elseif state == 'F' then
    if is_news then changed[user] = record_of('F', entry, score, now_text, shown, rest) end
    return FINISHED, ticket, rest
  elseif now < tonumber(string.match(rest, '^%-?%d+')) then
    return HAS_PASS, ticket, rest
  end
  redis.call('ZREM', INSIDE, user)
  redis.call('HDEL', PLACES, user)
  changed[user], removed = false, true
  return ABSENT, 0, 0
end

local answers = {}
for i = 1, people do
  local user = ARGV[3 + i]
  local record = changed[user]
  if record == nil then record = records[i] end
  local kind, ticket, what = ABSENT, 0, 0
  if record then kind, ticket, what = stands(user, record) end
  if kind == ABSENT and enters then
    local network = ARGV[3 + people + i]
    if closed then
      kind = CLOSED
    elseif not has_share(network) then
      kind = TOO_MANY
    elseif not has_room() then
      kind = FULL
    else
      kind, ticket, what = take_place(user, network, NEW)
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
  redis.call('ZADD', HEARD, unpack(heard_now))
  if by_time then redis.call('HSET', LINE, 'last_us', text(last_us)) end
end
if away ~= 0 then redis.call('HINCRBY', LINE, 'away', away) end
if #written == 0 and not removed then touch() end
return answers
