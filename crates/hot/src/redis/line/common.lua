-- The part that all scripts of lines share. It precedes each of them. Twins of `domain::line::Line`.
--
-- KEYS  line (hash: the rule, the counters, the pace), waiting (zset), tickets (counter), places (hash: user -> record),
--       inside (zset by the pass's end), processing (zset by its beginning), processing tickets (hash),
--       gone (zset of ranges by their first ticket), returned (zset: those in the line who were away),
--       heard, remembered (zsets: the people of the line, and those who were passed over or have an outcome, by a moment
--       at or before they were last heard of), networks (hash: network -> its people in the line),
--       [pass of the user concerned]
-- ARGV  the moment in milliseconds, "" for this node's own; then the arguments of the script
--
-- A record: state, number given at entry, score in `waiting`, when the user was last seen, best rank shown, and the
-- fields of the state:
--   W1,1,1700000000000,1,network     waiting, as a position of this network or ""; A...: passed over; R...: back
--   W7,-1099511627773,...            has drawn ticket 3: scores below 0 are tickets, less 2^40, so that they precede
--                                    all later entries. For all others, the ticket is the number itself.
--   P...,since_ms                    an issuer processes the request
--   I...,until_ms,pass,since_ms      has a pass, of 32 characters; without the admission in records of earlier versions
--   F...,I or S                      decided: issued, sold out

local LINE, WAITING, TICKETS, PLACES, INSIDE, PROCESSING, PROCESSING_TICKETS, GONE, RETURNED, HEARD, REMEMBERED,
  NETWORKS, PASS = unpack(KEYS)
-- Lua accepts only some thousand arguments. The number is even, since most come in pairs.
local PART = 2000
-- The offset of the score of a drawn ticket; and the best rank of people who were shown none.
local DRAWN, NEVER_SHOWN = 1099511627776, '9007199254740991'

-- Formats a number: Lua itself formats large ones with an exponent.
local function text(number) return string.format('%.0f', number) end

-- Milliseconds and microseconds.
local function clock()
  if ARGV[1] ~= '' then return tonumber(ARGV[1]), tonumber(ARGV[1]) * 1000 end
  local time = redis.call('TIME')
  local now_us = tonumber(time[1]) * 1000000 + tonumber(time[2])
  return math.floor(now_us / 1000), now_us
end

local function read(record)
  return string.match(record, '^(%a)(%d+),(%-?%d+),(%-?%d+),(%d+),(.*)$')
end

local function record_of(state, ticket, score, heard, shown, rest)
  return state .. ticket .. ',' .. score .. ',' .. heard .. ',' .. shown .. ',' .. rest
end

-- The ticket of a user, from the number given at entry and the score.
local function ticket_of(entry, score)
  local from_draw = tonumber(score)
  return from_draw < 0 and from_draw + DRAWN or tonumber(entry)
end

-- Whether a draw is still to come: until then there are no ranks and no admissions.
local function is_undrawn(draw, drawn) return (draw or '') ~= '' and drawn ~= '1' end

-- Settles the participants of a draw that has not closed yet, if it is time: the twin of `Line::close_draw`. Returns
-- their number then.
local function close_draw(plan, closes_at, opens_at, now)
  -- The plan of an earlier version has no closing of its own.
  local at = tonumber(closes_at or '') or tonumber(opens_at or '')
  if (plan or '') == '' or at and now < at then return nil end
  local count = tonumber(redis.call('GET', TICKETS) or 0)
  redis.call('HSET', LINE, 'draw_count', text(count), 'draw_done', 0)
  return count
end

-- Passes a list to a command in parts.
local function in_parts(list, run)
  for first = 1, #list, PART do run(unpack(list, first, math.min(first + PART - 1, #list))) end
end

local function put_places(pairs_of) in_parts(pairs_of, function(...) redis.call('HSET', PLACES, ...) end) end

-- Fields of a hash, in the order of `names`.
local function fields_of(hash, names)
  local found = {}
  in_parts(names, function(...)
    for _, field in ipairs(redis.call('HMGET', hash, ...)) do found[#found + 1] = field end
  end)
  return found
end

-- WAIT counts only writes of its own connection, so a script that returns the writes of others makes one.
local function touch() redis.call('HSET', LINE, 'touched', ARGV[1]) end

-- The number of callers whose last numbers a line keeps.
local CALLERS_MAX = 64

-- A caller that admits people or puts them back has a name and gives each call a number that grows (ARGV: moment, name,
-- number, then the arguments of the script). A call that was executed, and any earlier one, is not executed again,
-- however often it is sent and however late it arrives.
--
-- The line's hash keeps the last number of each caller, the latest at the end: "floor;name:number;name:number;". Beyond
-- CALLERS_MAX, the caller that has not called for the longest time is forgotten. The floor is the highest number of the
-- forgotten callers; calls of an unknown caller are executed only with a number above it.
--
-- Returns the value to store once this call is executed; or nothing, and the last number that may have been executed.
local function callers_with_this(callers)
  local floor, known = string.match(callers or '0;', '^(%d+);(.*)$')
  local first, last = string.find(known, ARGV[2], 1, true)
  local number = first and string.match(known, '^:(%d+)', last + 1)
  local done = tonumber(number or floor)
  if tonumber(ARGV[3]) <= done then return nil, done end
  if first then
    known = string.sub(known, 1, first - 1) .. string.sub(known, last + #number + 3)
  elseif select(2, string.gsub(known, ';', '')) >= CALLERS_MAX then
    local forgotten, others = string.match(known, '^%x+:(%d+);(.*)$')
    floor, known = text(math.max(tonumber(floor), tonumber(forgotten))), others
  end
  return floor .. ';' .. known .. ARGV[2] .. ':' .. ARGV[3] .. ';'
end

-- A ticket is given up: the twin of `Gone::add`.
local function give_up(ticket)
  local first, last = ticket, ticket
  local before = redis.call('ZREVRANGEBYSCORE', GONE, '(' .. text(ticket), '-inf', 'LIMIT', 0, 1)[1]
  if before then
    local from, to = string.match(before, '^(%d+):(%d+)$')
    if tonumber(to) + 1 == ticket then
      first = tonumber(from)
      redis.call('ZREM', GONE, before)
    end
  end
  local after = redis.call('ZRANGEBYSCORE', GONE, text(ticket + 1), text(ticket + 1))[1]
  if after then
    last = tonumber(string.match(after, ':(%d+)$'))
    redis.call('ZREM', GONE, after)
  end
  redis.call('ZADD', GONE, text(first), text(first) .. ':' .. text(last))
end

-- Everything up to `serving` is served: the twin of `Gone::forget_through`.
local function forget_gone_through(serving)
  local latest = redis.call('ZREVRANGEBYSCORE', GONE, text(serving), '-inf', 'LIMIT', 0, 1)[1]
  if not latest then return end
  redis.call('ZREMRANGEBYSCORE', GONE, '-inf', text(serving))
  local last = tonumber(string.match(latest, ':(%d+)$'))
  if last > serving then
    redis.call('ZADD', GONE, text(serving + 1), text(serving + 1) .. ':' .. text(last))
  end
end

-- The people of a network in the line become more or fewer.
local function count_network(network, by)
  if network ~= '' and redis.call('HINCRBY', NETWORKS, network, by) <= 0 then redis.call('HDEL', NETWORKS, network) end
end

-- Gives up the turn of a user in the line, or passed over: the twin of `Line::give_up_turn`.
local function give_up_turn(user, state, entry, score, network)
  if state == 'A' then
    redis.call('HINCRBY', LINE, 'away', -1)
    redis.call('ZREM', REMEMBERED, user)
  else
    redis.call('ZREM', state == 'R' and RETURNED or WAITING, user)
    redis.call('ZREM', HEARD, user)
    count_network(network, -1)
  end
  local line = redis.call('HMGET', LINE, 'serving', 'draw', 'drawn', 'draw_count')
  -- A user without a ticket gives up none. During a draw, its script does it for users whose tickets are not drawn yet.
  if is_undrawn(line[2], line[3]) and tonumber(score) > 0 and tonumber(entry) <= (tonumber(line[4]) or math.huge) then
    return
  end
  local ticket = ticket_of(entry, score)
  if ticket > tonumber(line[1]) then give_up(ticket) end
end
