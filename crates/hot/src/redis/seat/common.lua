-- The part that all scripts of seats share. It precedes each of them. Twins of `domain::seat::SeatBook`.
--
-- KEYS  book (hash: seat -> record, '#' -> the sequence), held (set of seats), returned (zset of seats that came back, by the
--       end of their window), then as many as concern the call, in any order: holds of seats, seats of users
-- ARGV  the moment in milliseconds, "" for this node's own; then the arguments of the script
--
-- A record:
--   Hreservation,user,until_ms,since_ms   held until then; one that has run out stays until a call meets it
--   Kreservation,user,named_ms,since_ms   kept; it was named last then by this node's clock, and is forgotten ten minutes later
--   Rabove,until_ms                       came back: until then it is only for queue numbers above that one
--
-- The book is what is decided by. The other keys show it to others (`contract.md`, Hot state): a key that the caller did not name is
-- left alone and ends by itself, and a seat of a user counts only if the book says so, too.

local BOOK, HELD, RETURNED = KEYS[1], KEYS[2], KEYS[3]
local TAG = string.match(BOOK, '{.*}$')
-- Ten minutes. A key lives at least so long after its last change, and as long as a hold and its window, or this room for one.
local LIFE, ROOM, DAY = 600000, 180000, 86400000
local FOREVER = math.huge
-- Lua accepts only some thousand arguments. The number is even, since most come in pairs.
local PART = 2000

local declared = {}
for i = 4, #KEYS do declared[KEYS[i]] = true end

local function hold_key(seat) return 'seat:hold:' .. TAG .. ':' .. seat end
local function user_key(user) return 'seat:user:' .. TAG .. ':' .. user end

-- Formats a number: Lua itself formats large ones with an exponent.
local function text(number) return string.format('%.0f', number) end

-- Milliseconds of the call, and microseconds of this node.
local function moment()
  local time = redis.call('TIME')
  local now_us = tonumber(time[1]) * 1000000 + tonumber(time[2])
  return tonumber(ARGV[1]) or math.floor(now_us / 1000), now_us
end

local now, now_us = moment()
local node_now = math.floor(now_us / 1000)

-- Passes a list to a command in parts.
local function in_parts(list, run)
  for first = 1, #list, PART do run(unpack(list, first, math.min(first + PART - 1, #list))) end
end

-- What a record says; false for a kept hold that is forgotten.
local function read(record)
  local above, stop = string.match(record, '^R(%d+),(%-?%d+)$')
  if above then return { above = tonumber(above), stop = tonumber(stop) } end
  local kind, reservation, user, at, since = string.match(record, '^(%u)([^,]+),([^,]+),(%-?%d+),(%-?%d+)$')
  at = tonumber(at)
  if kind == 'K' and at + LIFE <= node_now then return false end
  return { reservation = reservation, user = user, stop = kind == 'K' and FOREVER or at, named = at, since = since }
end

local function record_of(entry)
  if not entry.reservation then return 'R' .. text(entry.above) .. ',' .. text(entry.stop) end
  local whose = entry.reservation .. ',' .. entry.user .. ','
  if entry.stop == FOREVER then return 'K' .. whose .. text(entry.named) .. ',' .. entry.since end
  return 'H' .. whose .. text(entry.stop) .. ',' .. entry.since
end

-- What stands of the seats that the call concerns, as this script leaves it, and as it was; false: nothing. Seats whose records
-- are to be written. How many calls have changed anything, and whether this one has.
local stands, was, written, changes, moved = {}, {}, {}, 0, false

local function load(seats)
  local names = {}
  for _, seat in ipairs(seats) do
    if was[seat] == nil then
      was[seat] = false
      names[#names + 1] = seat
    end
  end
  local first = 0
  in_parts(names, function(...)
    for i, record in ipairs(redis.call('HMGET', BOOK, ...)) do
      local seat = names[first + i]
      was[seat] = record
      stands[seat] = record and read(record)
      if record and not stands[seat] then written[seat], moved = true, true end
    end
    first = first + PART
  end)
  -- What was forgotten is a change of its own.
  if moved then changes, moved = changes + 1, false end
end

local function set(seat, entry)
  stands[seat], written[seat], moved = entry, true, true
end

-- The end of one call of the batch.
local function count_change()
  if moved then changes, moved = changes + 1, false end
end

local function is_over(entry) return entry.stop <= now end

-- Ends a hold, now or when it ran out: the twin of `Entry::given_back`.
local function give_back(seat, window)
  local stop = math.min(stands[seat].stop, now) + window.returned
  if window.waiting and stop > now then
    set(seat, { above = window.above, stop = stop })
  else
    set(seat, false)
  end
end

-- Takes note of the end of a hold or of a window, where one has come.
local function settle(seat, window)
  local entry = stands[seat]
  if not entry or not is_over(entry) then return end
  if entry.reservation then give_back(seat, window) else set(seat, false) end
end

local function hold_of(reservation, user, stop)
  return { reservation = reservation, user = user, stop = stop, named = node_now, since = text(now) }
end

local function live_for(key, ms)
  if redis.call('PTTL', key) < ms then redis.call('PEXPIRE', key, text(ms)) end
end

-- What the other keys show of a seat.
local function show(seat, entry)
  local key, holds = hold_key(seat), entry and entry.reservation
  local before = was[seat] and string.match(was[seat], '^[HK][^,]+,([^,]+)')
  if before and not (holds and entry.user == before) and declared[user_key(before)] then
    redis.call('HDEL', user_key(before), seat)
  end
  local rest = holds and (entry.stop == FOREVER and LIFE or entry.stop - now) or 0
  if holds and declared[user_key(entry.user)] then
    redis.call('HSET', user_key(entry.user), seat, entry.reservation)
    live_for(user_key(entry.user), math.max(DAY, rest))
  end
  if not declared[key] then return end
  if rest <= 0 then
    redis.call('DEL', key)
    return
  end
  local stop = entry.stop == FOREVER and 'null' or text(entry.stop)
  local value = '{"reservationId":"' .. entry.reservation .. '","userId":"' .. entry.user .. '","until":' .. stop .. '}'
  redis.call('SET', key, value, 'PX', text(rest))
end

-- Writes what has changed, and the sequence: also where nothing has, if `touches`, since WAIT counts only writes of its own
-- connection. `returned`: the longest window of the calls. Returns the sequence.
local function flush(touches, returned)
  local sequence = tonumber(redis.call('HGET', BOOK, '#') or now_us) + changes
  local puts, drops, held, unheld, back, over = {}, {}, {}, {}, {}, {}
  local life = LIFE
  for seat in pairs(written) do
    local entry = stands[seat]
    show(seat, entry)
    if entry then
      puts[#puts + 1], puts[#puts + 2] = seat, record_of(entry)
    else
      drops[#drops + 1] = seat
    end
    if entry and entry.reservation then
      held[#held + 1] = seat
      if entry.stop < FOREVER then life = math.max(life, entry.stop - now + math.max(ROOM, returned)) end
    elseif was[seat] and string.sub(was[seat], 1, 1) ~= 'R' then
      unheld[#unheld + 1] = seat
    end
    if entry and not entry.reservation then
      back[#back + 1], back[#back + 2] = text(entry.stop), seat
      life = math.max(life, entry.stop - now)
    elseif was[seat] and string.sub(was[seat], 1, 1) == 'R' then
      over[#over + 1] = seat
    end
  end
  if not (touches or changes > 0 or next(written)) then return sequence end
  puts[#puts + 1], puts[#puts + 2] = '#', text(sequence)
  in_parts(puts, function(...) redis.call('HSET', BOOK, ...) end)
  in_parts(drops, function(...) redis.call('HDEL', BOOK, ...) end)
  in_parts(held, function(...) redis.call('SADD', HELD, ...) end)
  in_parts(unheld, function(...) redis.call('SREM', HELD, ...) end)
  in_parts(back, function(...) redis.call('ZADD', RETURNED, ...) end)
  in_parts(over, function(...) redis.call('ZREM', RETURNED, ...) end)
  for i = 1, 3 do live_for(KEYS[i], life) end
  return sequence
end

-- The arguments after the moment, one after the other.
local at = 1
local function take()
  at = at + 1
  return ARGV[at]
end

local function take_list()
  local list = {}
  for i = 1, tonumber(take()) do list[i] = take() end
  return list
end

local function take_window()
  local above, waiting, returned = tonumber(take()), take() == '1', tonumber(take())
  return { above = above, waiting = waiting, returned = returned }
end
