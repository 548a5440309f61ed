-- Holds the opening draw, a part of the line at a time: the twin of `Line::begin_draw` and `Line::finish_draw`. Between
-- both, `entries.lua` and `settle.lua` publish the entries and keep the public randomness.
--
-- ARGV  moment; then, to continue: the number of participants, the number of those with tickets, the next tickets in
--       order of entry
-- Returns {0 not due, 1 under way, 2 drawn, number of participants, number with tickets, the plan, its root or "", its
--       value or ""}, or nothing if the line does not exist. A call with numbers that are out of date changes nothing and returns the present ones.

local line = redis.call('HMGET', LINE, 'revision', 'draw', 'drawn', 'closes_at', 'opens_at', 'draw_count', 'draw_done',
  'draw_root', 'draw_value')
if not line[1] then return false end
local plan, is_drawn, root, value = line[2] or '', line[3] == '1', line[8] or '', line[9] or ''
local count, done = tonumber(line[6] or ''), tonumber(line[7] or 0)
-- The plan of an earlier version is a seed alone: there is no value to wait for.
local has_order = value ~= '' or string.sub(plan, 1, 1) ~= '{'

local function told(kind) return {kind, count or 0, done, plan, root, value} end

local function finished()
  if done < count or not has_order then return told(1) end
  -- Everybody counts as heard of: before the draw nobody had a rank to ask for.
  redis.call('HSET', LINE, 'drawn', 1, 'present_at', text((clock())))
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
  count = close_draw(plan, line[4], line[5], clock())
  if not count then
    touch()
    return told(0)
  end
  return finished()
end
local last = done + #ARGV - 3
local is_of_now = tonumber(ARGV[2]) == count and tonumber(ARGV[3]) == done and last <= count
if not has_order or not is_of_now or (last <= done and count > 0) then
  touch()
  return told(1)
end
if last > done then give_tickets(done + 1, last) end
done = last
redis.call('HSET', LINE, 'draw_done', text(done))
return finished()
