-- Holds the opening draw, a part of the line at a time: the twin of `Line::begin_draw` and `Line::finish_draw`.
--
-- ARGV  moment; then, to continue: the number of participants, the number of those with tickets, the next tickets in
--       order of entry
-- Returns {0 not due, 1 under way, 2 drawn, number of participants, number with tickets, the seed}, or nothing if the
--       line does not exist. A call with numbers that are out of date changes nothing and returns the present ones.

local line = redis.call('HMGET', LINE, 'revision', 'draw', 'drawn', 'opens_at', 'draw_count', 'draw_done')
if not line[1] then return false end
local now = clock()
local seed, is_drawn, opens_at = line[2] or '', line[3] == '1', tonumber(line[4])
local count, done = tonumber(line[5] or ''), tonumber(line[6] or 0)

local function told(kind) return {kind, count or 0, done, seed} end

local function finished()
  if done < count then return told(1) end
  redis.call('HSET', LINE, 'drawn', 1)
  return told(2)
end

-- A user who has left has no record; the script gives up the ticket for them.
local function give_tickets(first, last)
  local front = redis.call('ZRANGEBYSCORE', WAITING, '(0', '+inf', 'LIMIT', 0, last - first + 1)
  local records, scores, written, held = fields_of(PLACES, front), {}, {}, {}
  for i, user in ipairs(front) do
    local state, entry, _, heard, shown, rest = read(records[i])
    if tonumber(entry) > last then break end
    local ticket = ARGV[4 + tonumber(entry) - first]
    local score = text(tonumber(ticket) - DRAWN)
    held[tonumber(entry)] = true
    scores[2 * i - 1], scores[2 * i] = score, user
    written[2 * i - 1], written[2 * i] = user, record_of(state, entry, score, heard, shown, rest)
  end
  in_parts(scores, function(...) redis.call('ZADD', WAITING, ...) end)
  put_places(written)
  for entry = first, last do
    if not held[entry] then give_up(tonumber(ARGV[4 + entry - first])) end
  end
end

if is_drawn then
  touch()
  return told(2)
elseif not count then
  if seed == '' or opens_at and now < opens_at then
    touch()
    return told(0)
  end
  count = tonumber(redis.call('GET', TICKETS) or 0)
  redis.call('HSET', LINE, 'draw_count', text(count), 'draw_done', 0)
  return finished()
end
local last = done + #ARGV - 3
if tonumber(ARGV[2]) ~= count or tonumber(ARGV[3]) ~= done or last <= done or last > count then
  touch()
  return told(1)
end
give_tickets(done + 1, last)
done = last
redis.call('HSET', LINE, 'draw_done', text(done))
return finished()
